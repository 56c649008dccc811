#include "futex.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <limits>

#include "signal_mask.hpp"

namespace ipcutils {

namespace {

// Not private to the process: without FUTEX_PRIVATE_FLAG. The time is one on CLOCK_MONOTONIC.
void sleep_on(const std::atomic<std::uint32_t>& word, std::uint32_t expected, const Deadline& deadline) {
  struct timespec at {};
  const bool is_endless = deadline.is_never();
  if (!is_endless) at = deadline.at();
  ::syscall(SYS_futex, &word, FUTEX_WAIT_BITSET, expected, is_endless ? nullptr : &at, nullptr,
            FUTEX_BITSET_MATCH_ANY);
}

}  // namespace

Waited FutexSleep::wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
                        const Deadline& deadline) {
  if (deadline.is_interruptible()) {
    if (has_been_interrupted(deadline)) return Waited::interrupted;
    if (!m_alarm) m_alarm.emplace();
    {
      const InterruptedCall call{*m_alarm, Deadline::never()};
      sleep_on(word, expected, deadline);
    }
    if (has_been_interrupted(deadline)) return Waited::interrupted;  // the call was open for it
  } else {
    sleep_on(word, expected, deadline);
  }
  if (word.load(std::memory_order_acquire) != expected) return Waited::ready;
  return deadline.time_left() == Duration::zero() ? Waited::timed_out : Waited::ready;
}

void wake(const std::atomic<std::uint32_t>& word, int count) noexcept {
  ::syscall(SYS_futex, &word, FUTEX_WAKE, count, nullptr, nullptr, 0);
}

void wake_all(const std::atomic<std::uint32_t>& word) noexcept {
  wake(word, std::numeric_limits<int>::max());
}

}  // namespace ipcutils
