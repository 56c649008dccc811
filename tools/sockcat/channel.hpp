// An address that has been opened.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <ipcutils/file_descriptor.hpp>
#include <ipcutils/relay.hpp>
#include <ipcutils/socket.hpp>
#include <optional>
#include <vector>

#include "../cli/command.hpp"

namespace ipcutils::sockcat {

// A program that runs at the other end.
struct Process {
  cli::Command command;
  pid_t pid;
};

// What stands at the end of a line.
enum class LineEnd : std::uint8_t { newline, cr, crnl };

// What is read and written, and what belongs to it. Move-only.
struct Channel {
  RelaySide side = {};
  std::vector<FileDescriptor> descriptors = {};  // closed with it
  std::optional<Process> process = std::nullopt;
  std::function<void()> clean_up = {};  // removes names
  LineEnd read_lines = LineEnd::newline;
  LineEnd written_lines = LineEnd::newline;

  // Of sockets: both ends, and who is at the other one. AF_UNSPEC where there are none.
  SocketAddress local = {};
  SocketAddress peer = {};
  std::optional<PeerCredentials> credentials = std::nullopt;

  // Keeps a descriptor, and returns it.
  int own(FileDescriptor descriptor) {
    descriptors.push_back(std::move(descriptor));
    return descriptors.back().get();
  }
};

// In which ways an address is used.
struct Use {
  bool reads = true;   // from it
  bool writes = true;  // to it
};

}  // namespace ipcutils::sockcat
