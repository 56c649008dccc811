// What signals do to this process.
#pragma once

#include <csignal>
#include <initializer_list>
#include <ipcutils/export.hpp>

namespace ipcutils {

// By what users and other programs end a program, which may put things in order first.
inline constexpr std::initializer_list<int> fatal_signals{SIGHUP,  SIGINT,  SIGQUIT, SIGALRM,
                                                          SIGTERM, SIGUSR1, SIGUSR2};

// Ends the process as the signal does by default.
[[noreturn]] IPCUTILS_EXPORT void die_of_signal(int signal) noexcept;

// While it lives, the signal does nothing to this process, and the call that caused it fails: SIGPIPE
// (EPIPE), SIGXFSZ (EFBIG). Programs that are executed get its usual action.
class IPCUTILS_EXPORT SignalIsError {
 public:
  explicit SignalIsError(int signal) noexcept;
  SignalIsError(const SignalIsError&) = delete;
  SignalIsError& operator=(const SignalIsError&) = delete;
  ~SignalIsError();

 private:
  int m_signal;  // 0: a Cancellation sees to it
  struct sigaction m_old;
};

}  // namespace ipcutils
