// Cleaning up when a signal ends the tool.
#pragma once

#include <array>
#include <csignal>

namespace ipcutils::cli {

// While it lives, SIGHUP, SIGINT and SIGTERM first call `clean_up`, then end the process as they would have.
// A signal that is ignored stays ignored. One at a time; `clean_up` may only do what signal-safety(7) allows,
// and make system calls.
class FatalSignalCleanup {
 public:
  FatalSignalCleanup(void (*clean_up)(void* subject), void* subject);
  FatalSignalCleanup(const FatalSignalCleanup&) = delete;
  FatalSignalCleanup& operator=(const FatalSignalCleanup&) = delete;
  ~FatalSignalCleanup();

 private:
  static constexpr std::array signals{SIGHUP, SIGINT, SIGTERM};
  std::array<struct sigaction, signals.size()> m_old;
};

}  // namespace ipcutils::cli
