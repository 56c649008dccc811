// An address that has been opened.
#pragma once

#include <cstdint>
#include <ipcutils/relay.hpp>
#include <ipcutils/socket.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "../cli/owned_process.hpp"
#include "name_guard.hpp"

namespace ipcutils::sockcat {

// What stands at the end of a line.
enum class LineEnd : std::uint8_t { newline, cr, crnl };

// What is read and written, and all that goes when it closes: the ends own their descriptors, the guards
// remove names. Move-only.
struct Channel {
  std::vector<cli::OwnedProcess> processes =
      {};  // to be waited for; destroyed last, when their input has ended
  Side side = {};
  std::vector<std::shared_ptr<const void>> kept = {};  // as long as the channel is open
  std::vector<NameGuard> names = {};                   // removed with it
  LineEnd read_lines = LineEnd::newline;
  LineEnd written_lines = LineEnd::newline;

  // Of sockets: both ends, and who is at the other one. AF_UNSPEC where there are none.
  SocketAddress local = {};
  SocketAddress peer = {};
  std::optional<PeerCredentials> credentials = std::nullopt;

  void set_name(const std::string& name) {
    side.name = name;
    if (side.source) side.source->set_name(name);
    if (side.sink) side.sink->set_name(name);
  }
};

// In which ways an address is used.
struct Use {
  bool reads = true;   // from it
  bool writes = true;  // to it
  bool is_looped =
      false;  // what is written to the same end comes back: of a FIFO nobody else needs to be awaited
};

}  // namespace ipcutils::sockcat
