// Ending system calls that have neither a timed form nor a descriptor: msgsnd(2), msgrcv(2), semop(2),
// sem_wait(3), open(2) of a FIFO. Internal.
#pragma once

#include <time.h>

#include <csignal>
#include <ipcutils/deadline.hpp>

#include "signal_mask.hpp"

namespace ipcutils {

// From its moment on, interrupts the thread that made it every millisecond: the system call that it waits in
// fails with EINTR. A single alarm can come just before the call begins to sleep, and the call would sleep
// for ever; the next one ends it.
//
// The signal is SIGRTMAX, whose handler does nothing while there is an alarm.
class RecurringAlarm {
 public:
  RecurringAlarm();                                   // not armed
  explicit RecurringAlarm(const Deadline& deadline);  // armed for that moment, unless it is never
  RecurringAlarm(const RecurringAlarm&) = delete;
  RecurringAlarm& operator=(const RecurringAlarm&) = delete;
  ~RecurringAlarm();

  void arm() noexcept;  // from now on; for handlers of signals too
  void arm_at(const Deadline& deadline) noexcept;
  void disarm() noexcept;

 private:
  void set(const struct timespec& at) noexcept;

  timer_t m_timer{};
  volatile std::sig_atomic_t m_is_armed = 0;
  bool m_was_blocked = false;
};

// Around one such call: it is interrupted once `deadline` has passed, by time or by a signal. An alarm serves
// one call after the other, since making a timer takes longer than most of these calls.
class InterruptedCall {
 public:
  InterruptedCall(RecurringAlarm& alarm, const Deadline& deadline) noexcept
      : m_disarm{alarm}, m_window{alarm} {
    alarm.arm_at(deadline);
  }

 private:
  struct Disarm {
    RecurringAlarm& alarm;
    ~Disarm() { alarm.disarm(); }
  };
  Disarm m_disarm;  // after the window, in which a signal can still arm it
  SignalWindow m_window;
};

}  // namespace ipcutils
