// The signals of an Interruption, for those who wait. Internal.
#pragma once

#include <csignal>
#include <ipcutils/deadline.hpp>
#include <optional>

namespace ipcutils {

class RecurringAlarm;

// The mask for a wait of this thread: that of before the Interruption. Null without one. From now on the
// signals have a handler.
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

// Whether the signals of a Cancellation end waits that know of no Interruption.
bool is_cancellable() noexcept;

// Whether a Cancellation has made the signal an error of the call that causes it.
bool is_error_already(int signal) noexcept;

// Whether a wait or a call has taken a signal that ends the wait until `deadline`. Throws Cancelled. No
// system call.
bool has_been_interrupted(const Deadline& deadline);

// Whether such a signal has been taken or is still pending. A system call if `deadline` is interruptible.
bool is_signal_due(const Deadline& deadline) noexcept;

// Both: takes what is pending.
bool is_to_be_interrupted(const Deadline& deadline);

// Whether nobody waits any longer until `deadline`. Throws Cancelled.
bool is_over(const Deadline& deadline);

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
