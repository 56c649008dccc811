// Ending by a signal, and cleaning up before.
#pragma once

#include <array>
#include <csignal>
#include <initializer_list>

namespace ipcutils::cli {

// By what users and other programs end a program, which may put things in order first.
inline constexpr std::initializer_list<int> fatal_signals{SIGHUP,  SIGINT,  SIGQUIT, SIGALRM,
                                                          SIGTERM, SIGUSR1, SIGUSR2};

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

// While it lives, fatal signals first call `clean_up`, then end the process as they would have.
// A signal that is ignored stays ignored. One at a time; `clean_up` may only do what signal-safety(7) allows,
// and make system calls.
class FatalSignalCleanup {
 public:
  FatalSignalCleanup(void (*clean_up)(void* subject), void* subject);
  FatalSignalCleanup(const FatalSignalCleanup&) = delete;
  FatalSignalCleanup& operator=(const FatalSignalCleanup&) = delete;
  ~FatalSignalCleanup();

 private:
  std::array<struct sigaction, fatal_signals.size()> m_old;
};

}  // namespace ipcutils::cli
