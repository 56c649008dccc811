// Signals that end what the library does in the process of another program.
#pragma once

#include <csignal>
#include <initializer_list>
#include <ipcutils/export.hpp>
#include <ipcutils/interruption.hpp>

namespace ipcutils {

// Thrown by a wait when a signal of a Cancellation has come.
struct Cancelled {
  int signal;
};

// For a program such as a shell, which works with the library and must not end as its own process would.
// While it lives, its signals end neither the process nor the waits of an Interruption's owner: they end the
// waits that know of no Interruption, which throw Cancelled. So a signal unwinds what is being done where it
// would have ended the process, and nowhere else: waits are the points of cancellation, as in pthreads(7).
//
// Of the signals that the kernel sends for a failed call, such as SIGPIPE and SIGXFSZ, nothing is left but
// the error of the call. Both kinds are blocked meanwhile. What nobody has seen when it ends meets the
// handlers of the program then, except signals that a SignalReceiver made meanwhile has left over and whose
// action would end the process: those are dropped. Three system calls if nothing waits.
//
// One at a time, not within an Interruption; an Interruption may live within it.
class IPCUTILS_EXPORT Cancellation {
 public:
  Cancellation(std::initializer_list<int> signals, std::initializer_list<int> errors);
  Cancellation(const Cancellation&) = delete;
  Cancellation& operator=(const Cancellation&) = delete;
  ~Cancellation();

  // The signal for which something threw Cancelled, or would have; 0: none. No system call.
  int signal() const noexcept;

 private:
  Interruption m_signals;
  sigset_t m_errors;
};

}  // namespace ipcutils
