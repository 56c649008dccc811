// Waiting for what the kernel does not tell of. Internal.
#pragma once

#include <poll.h>

#include <algorithm>
#include <ipcutils/deadline.hpp>
#include <optional>

namespace ipcutils {

// Calls `look` after 1 to 50 ms again and again until it finds something or the deadline passes.
template <typename Look>
auto poll_with_backoff(const Deadline& deadline, Look look) -> decltype(look()) {
  using std::chrono::milliseconds;
  for (auto pause = milliseconds{1};; pause = std::min(pause * 2, milliseconds{50})) {
    if (auto found = look()) return found;
    if (deadline.has_passed()) return std::nullopt;
    ::poll(nullptr, 0, Deadline::after(std::min<Duration>(pause, deadline.remaining())).poll_timeout());
  }
}

}  // namespace ipcutils
