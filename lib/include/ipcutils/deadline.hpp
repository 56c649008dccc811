// A moment until which something may wait.
#pragma once

#include <chrono>
#include <ctime>
#include <ipcutils/export.hpp>

namespace ipcutils {

class Interruption;

using Duration = std::chrono::nanoseconds;

// A wait without limit, as parse_duration() returns for "inf".
inline constexpr Duration unlimited = Duration::max();

// A point on the monotonic clock (which does not count suspend, and which nobody can set), or never.
// Every wait of the library takes one and goes on after a signal with the time that is left.
class IPCUTILS_EXPORT Deadline {
 public:
  static Deadline never() noexcept { return Deadline{Clock::time_point::max()}; }
  static Deadline immediate() noexcept { return Deadline{Clock::time_point::min()}; }

  // From now on; a duration too long to be represented is never.
  static Deadline after(Duration duration) noexcept;

  // The same moment, or that in which a signal comes, if it is earlier. The Interruption must outlive it.
  Deadline interrupted_by(const Interruption& interruption) const noexcept;

  // The same, with the Interruption that is alive now, if any.
  Deadline interrupted_by_any() const noexcept;

  // The same, but at the latest in `duration` from now.
  Deadline within(Duration duration) const noexcept;

  bool is_never() const noexcept { return m_at == Clock::time_point::max(); }  // but for an interruption
  bool has_passed() const noexcept;

  // The moment on CLOCK_MONOTONIC; zero for one that has been long ago. Not for never.
  struct timespec at() const noexcept;

  // What is left: zero when it has passed, `unlimited` for never.
  Duration remaining() const noexcept;

  // What is left by the clock alone, whatever signals have come. No system call, unlike remaining().
  Duration time_left() const noexcept;

  // Whether a signal may end it before its time: of its Interruption, or of a Cancellation.
  bool is_interruptible() const noexcept;
  bool has_interruption() const noexcept { return m_interruption != nullptr; }
  bool is_interrupted() const noexcept;  // a signal of its Interruption has come

 private:
  using Clock = std::chrono::steady_clock;
  explicit Deadline(Clock::time_point at) noexcept : m_at{at} {}

  Clock::time_point m_at;
  const Interruption* m_interruption = nullptr;
};

}  // namespace ipcutils
