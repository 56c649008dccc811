#include <algorithm>
#include <ipcutils/deadline.hpp>
#include <limits>

namespace ipcutils {

Deadline Deadline::after(Duration duration) noexcept {
  const auto now = Clock::now();
  if (duration >= Clock::time_point::max() - now) return never();
  return Deadline{now + duration};
}

Duration Deadline::remaining() const noexcept {
  if (is_never()) return unlimited;
  const auto now = Clock::now();
  return m_at <= now ? Duration::zero() : m_at - now;
}

int Deadline::poll_timeout() const noexcept {
  if (is_never()) return -1;
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(remaining()).count();
  return static_cast<int>(std::min<decltype(milliseconds)>(milliseconds, std::numeric_limits<int>::max()));
}

}  // namespace ipcutils
