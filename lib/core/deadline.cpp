#include <algorithm>
#include <ipcutils/deadline.hpp>
#include <ipcutils/interruption.hpp>

#include "signal_mask.hpp"

namespace ipcutils {

Deadline Deadline::after(Duration duration) noexcept {
  if (duration <= Duration::zero()) return immediate();
  if (duration == unlimited) return never();
  const auto now = Clock::now();
  if (duration >= Clock::time_point::max() - now) return never();
  return Deadline{now + duration};
}

Deadline Deadline::interrupted_by(const Interruption& interruption) const noexcept {
  auto deadline = *this;
  deadline.m_interruption = &interruption;
  return deadline;
}

Deadline Deadline::interrupted_by_any() const noexcept {
  const auto* const alive = Interruption::alive();
  return alive != nullptr ? interrupted_by(*alive) : *this;
}

Deadline Deadline::within(Duration duration) const noexcept {
  auto deadline = *this;
  deadline.m_at = std::min(m_at, after(duration).m_at);
  return deadline;
}

bool Deadline::is_interruptible() const noexcept { return has_interruption() || is_cancellable(); }

bool Deadline::is_interrupted() const noexcept {
  return m_interruption != nullptr && m_interruption->has_come();
}

bool Deadline::has_passed() const noexcept { return is_interrupted() || time_left() == Duration::zero(); }

struct timespec Deadline::at() const noexcept {
  const auto since_epoch = std::max(m_at.time_since_epoch(), Clock::duration::zero());
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since_epoch);
  return {.tv_sec = static_cast<std::time_t>(seconds.count()),
          .tv_nsec = static_cast<long>(Duration{since_epoch - seconds}.count())};
}

Duration Deadline::remaining() const noexcept { return is_interrupted() ? Duration::zero() : time_left(); }

Duration Deadline::time_left() const noexcept {
  if (is_never()) return unlimited;
  const auto now = Clock::now();
  return m_at <= now ? Duration::zero() : m_at - now;
}

}  // namespace ipcutils
