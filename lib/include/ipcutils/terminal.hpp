// Terminals and pseudoterminals.
#pragma once

#include <ipcutils/export.hpp>
#include <ipcutils/file_descriptor.hpp>
#include <optional>
#include <string>

namespace ipcutils {

IPCUTILS_EXPORT bool is_terminal(int fd) noexcept;

// How many lines a terminal shows; nothing for what is none, or does not tell.
IPCUTILS_EXPORT std::optional<unsigned> terminal_lines(int fd) noexcept;

// A new pseudoterminal. What is written to `control` the program at the terminal reads. Manual page: pty(7).
struct Pseudoterminal {
  FileDescriptor control;
  FileDescriptor terminal;
  std::string path;  // of the terminal
};
IPCUTILS_EXPORT Pseudoterminal make_pseudoterminal();

// Makes this process the leader of a new session, without a terminal; setsid(2).
IPCUTILS_EXPORT void begin_session() noexcept;

}  // namespace ipcutils
