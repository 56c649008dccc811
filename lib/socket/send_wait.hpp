// Waiting for room at the other end of a UNIX socket. Internal.
#pragma once

#include <cerrno>
#include <ipcutils/deadline.hpp>
#include <ipcutils/wait.hpp>
#include <optional>

#include "../core/recurring_alarm.hpp"

namespace ipcutils {

// Repeats a call that failed with EAGAIN since the backlog or the queue at the other end of a UNIX socket is
// full, until it returns another errno, or 0; nothing when `deadline` has passed. poll(2) does not tell when
// there is room (it says that there is), but the call itself does, if it may block. `call` takes whether it
// does.
template <typename Call>
std::optional<int> repeat_until_room(bool may_block, const Deadline& deadline, Call call) {
  if (is_over(deadline)) return std::nullopt;
  RecurringAlarm alarm;
  for (;;) {
    int errnum = EAGAIN;
    if (may_block) {
      const InterruptedCall interrupted{alarm, deadline};
      errnum = call(true);
    } else {
      pause_until(deadline.within(std::chrono::milliseconds{1}));
      errnum = call(false);
    }
    if (errnum != EAGAIN && errnum != EINTR) return errnum;
    if (is_over(deadline)) return std::nullopt;
  }
}

}  // namespace ipcutils
