// Signals that end a wait instead of the process.
#pragma once

#include <csignal>
#include <initializer_list>
#include <ipcutils/export.hpp>

namespace ipcutils {

// While it lives, its signals do not end the process. They end the waits whose Deadline knows of it
// (Deadline::interrupted_by()), so that the caller can put in order what it holds.
//
// The signals are blocked, and the library opens them only inside its waits: ppoll(2) does that in one step,
// so no signal is lost between a look and a sleep. Calls of the caller's own that block are therefore not
// interrupted. The programs that Command starts get the mask of before.
//
// Made and destroyed by the thread that waits, one at a time, but for one within a Cancellation: it takes
// over the signals of that. Signals that were ignored stay ignored. Manual pages: signal(7), ppoll(2),
// sigtimedwait(2).
class IPCUTILS_EXPORT Interruption {
 public:
  explicit Interruption(std::initializer_list<int> signals);
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;
  ~Interruption();

  // Whether one has come, seen by a wait or still pending. One system call as long as none has.
  bool has_come() const noexcept { return signal() != 0; }
  int signal() const noexcept;  // the last one that came; 0: none

  // Whether a key of the terminal sent it, SIGINT or SIGQUIT: to all processes in the foreground.
  bool is_from_terminal() const noexcept;

  // The one that lives now, and is not that of a Cancellation; null: none.
  static const Interruption* alive() noexcept;

  // Forgets what has come, so that waits last again.
  void reset() noexcept;

 private:
  friend class Cancellation;
  Interruption(std::initializer_list<int> signals, std::initializer_list<int> errors);

  const Interruption* m_outer;
};

}  // namespace ipcutils
