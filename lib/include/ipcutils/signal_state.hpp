// What signals mean to a process.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <ipcutils/export.hpp>
#include <ipcutils/process_reference.hpp>
#include <optional>
#include <string>
#include <vector>

namespace ipcutils {

// At one moment, as /proc/PID/status tells; signals in the order of their numbers.
struct SignalState {
  pid_t pid;
  std::string command;       // its name, as of its first thread
  std::vector<int> pending;  // sent to the process, or to its first thread, and not delivered yet
  std::vector<int> blocked;  // by its first thread
  std::vector<int> ignored;
  std::vector<int> caught;             // by handlers
  std::uint64_t queued;                // of all processes of its user
  std::optional<std::uint64_t> limit;  // of these, RLIMIT_SIGPENDING; absent: none
};

// Throws Error: ESRCH, EACCES where /proc does not show the process. Manual page: proc_pid_status(5).
IPCUTILS_EXPORT SignalState find_signal_state(const ProcessReference& reference);

}  // namespace ipcutils
