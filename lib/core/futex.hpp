// Sleeping until somebody changes a number in shared memory: futex(2). Internal.
#pragma once

#include <atomic>
#include <cstdint>
#include <ipcutils/deadline.hpp>
#include <ipcutils/wait.hpp>
#include <optional>

#include "recurring_alarm.hpp"

namespace ipcutils {

// Serves one sleep after the other.
class FutexSleep {
 public:
  // Sleeps as long as the word holds `expected`, until wake() or the deadline. It may be `ready` without
  // cause, so the caller looks again.
  Waited wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected, const Deadline& deadline);

 private:
  std::optional<RecurringAlarm> m_alarm;  // made when a signal may end a sleep
};

// Wakes so many of those who sleep on the word, in all processes.
void wake(const std::atomic<std::uint32_t>& word, int count) noexcept;
void wake_all(const std::atomic<std::uint32_t>& word) noexcept;

}  // namespace ipcutils
