// A read(2) or write(2) in blocking mode for which poll(2) has promised that it does not block. Internal.
#pragma once

#include <sys/types.h>

#include <cerrno>
#include <optional>

#include "../core/recurring_alarm.hpp"

namespace ipcutils {

// Another process may take the bytes or the room first, and a terminal accepts a write as a whole or blocks.
// So the call is ended after a millisecond. Its errno is then EAGAIN.
class BriefCall {
 public:
  template <typename Call>
  ssize_t operator()(Call call) {
    if (!m_alarm) m_alarm.emplace();
    const InterruptedCall ended_soon{*m_alarm, Deadline::immediate()};
    const auto result = call();
    if (result == -1 && errno == EINTR) errno = EAGAIN;
    return result;
  }

 private:
  std::optional<RecurringAlarm> m_alarm;
};

}  // namespace ipcutils
