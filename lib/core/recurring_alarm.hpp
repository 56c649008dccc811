// Ending system calls that have no timed form. Internal.
#pragma once

#include <time.h>

#include <ipcutils/deadline.hpp>

namespace ipcutils {

// From its moment on, interrupts the thread that made it every millisecond: the system call that it waits in
// fails with EINTR. One alarm would not do, since it can come just before the call begins to sleep, which
// then sleeps for ever; the next one ends it.
//
// The signal is SIGRTMAX, whose handler does nothing and stays installed.
class RecurringAlarm {
 public:
  RecurringAlarm();                                   // not armed
  explicit RecurringAlarm(const Deadline& deadline);  // armed for that moment, unless it is never
  RecurringAlarm(const RecurringAlarm&) = delete;
  RecurringAlarm& operator=(const RecurringAlarm&) = delete;
  ~RecurringAlarm();

  void arm() noexcept;  // from now on; for handlers of signals too
  void disarm() noexcept;

 private:
  void set(const struct timespec& at) noexcept;

  timer_t m_timer{};
  sigset_t m_old_mask;
};

}  // namespace ipcutils
