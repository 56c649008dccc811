// The signals of an Interruption, for those who wait. Internal.
#pragma once

#include <csignal>
#include <optional>

namespace ipcutils {

class RecurringAlarm;

// The mask for a wait of this thread: that of before the Interruption. Null without one.
const sigset_t* mask_while_waiting() noexcept;

// The mask for programs that this thread starts: that of before the Interruption and the SignalReceiver. Null
// without both.
const sigset_t* mask_for_programs() noexcept;

// The signals of a SignalReceiver, and the mask of before it.
struct ReceivedSignals {
  sigset_t signals;
  sigset_t outside;
};

// From now on, an Interruption leaves these to the receiver; nothing: there is no receiver any more.
void leave_to_receiver(const std::optional<ReceivedSignals>& received) noexcept;

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
