// Ending by a signal, and cleaning up before.
#pragma once

#include <array>
#include <csignal>

namespace ipcutils::cli {

// Thrown when all has been put in order after a signal that ends the tool: it dies of that signal then.
struct Signalled {
  int signal;
};

// Ends the process as the signal does by default.
[[noreturn]] void die_of_signal(int signal);

// Until it goes, writing to a pipe or socket without a reader is an error (EPIPE) and does not end the
// process. Programs that are executed get the signal's usual action.
class BrokenPipeIsError {
 public:
  BrokenPipeIsError();
  BrokenPipeIsError(const BrokenPipeIsError&) = delete;
  BrokenPipeIsError& operator=(const BrokenPipeIsError&) = delete;
  ~BrokenPipeIsError();

 private:
  struct sigaction m_old;
};

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
