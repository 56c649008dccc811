// Waiting for what the kernel does not tell of. Internal.
#pragma once

#include <algorithm>
#include <ipcutils/deadline.hpp>
#include <ipcutils/wait.hpp>
#include <optional>

namespace ipcutils {

// Calls `look` after 1 to 50 ms again and again until it finds something or the deadline passes.
template <typename Look>
auto poll_with_backoff(const Deadline& deadline, Look look) -> decltype(look()) {
  using std::chrono::milliseconds;
  for (auto pause = milliseconds{1};; pause = std::min(pause * 2, milliseconds{50})) {
    const bool is_last = deadline.has_passed();  // asked first: the last look must not come early
    if (auto found = look()) return found;
    if (is_last) return std::nullopt;
    pause_until(deadline.within(pause));
  }
}

}  // namespace ipcutils
