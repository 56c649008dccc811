// The signals of an Interruption, for those who wait. Internal.
#pragma once

#include <csignal>

namespace ipcutils {

class RecurringAlarm;

// The mask for a wait of this thread, and for programs that it starts: that of before the Interruption. Null
// without one.
const sigset_t* mask_while_waiting() noexcept;

// Whether a wait or a call has taken a signal of the Interruption. No system call.
bool has_noted_signal() noexcept;

// For a call that has no form with a mask: while it lives, the signals of the Interruption are open, and the
// first that comes arms the alarm.
class SignalWindow {
 public:
  explicit SignalWindow(RecurringAlarm& alarm) noexcept;
  SignalWindow(const SignalWindow&) = delete;
  SignalWindow& operator=(const SignalWindow&) = delete;
  ~SignalWindow();
};

}  // namespace ipcutils
