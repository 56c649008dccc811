// Signals that end a wait instead of the process.
#pragma once

#include <csignal>
#include <ctime>
#include <initializer_list>
#include <ipcutils/export.hpp>
#include <vector>

namespace ipcutils {

// While it lives, its signals do not end the process: they end the waits whose Deadline knows of it
// (Deadline::interrupted_by()), so that what the process holds can be put in order.
//
// A signal that comes just before a system call begins to sleep is not lost: from the first one on, the
// thread that made the Interruption is interrupted again every millisecond (by a timer and the signal
// SIGRTMAX), until the Interruption goes. Other system calls of that thread see EINTR more often then.
//
// One at a time; made and destroyed by the thread that waits. Signals that were ignored stay ignored.
// Manual pages: signal(7), timer_create(2).
class IPCUTILS_EXPORT Interruption {
 public:
  explicit Interruption(std::initializer_list<int> signals);
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;
  ~Interruption();

  bool has_come() const noexcept { return signal() != 0; }
  int signal() const noexcept;  // the last one that came; 0: none

  // Whether the kernel sent it, as it does for a key of the terminal, and then to all processes in the
  // foreground.
  bool is_from_terminal() const noexcept;

  // Forgets what has come, so that waits last again.
  void reset() noexcept;

 private:
  struct Old {
    int signal;
    struct sigaction action;
  };
  std::vector<Old> m_old;
};

}  // namespace ipcutils
