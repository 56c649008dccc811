#include <ipcutils/wait.hpp>

#include "failure.hpp"
#include "signal_mask.hpp"

namespace ipcutils {

namespace {

int ppoll_once(std::span<pollfd> entries, const Deadline& deadline) {
  struct timespec left {};
  const bool is_endless = deadline.is_never();
  if (!is_endless) {
    const auto nanoseconds = deadline.time_left().count();
    left = {.tv_sec = nanoseconds / 1'000'000'000, .tv_nsec = nanoseconds % 1'000'000'000};
  }
  return ::ppoll(entries.data(), entries.size(), is_endless ? nullptr : &left, mask_while_waiting());
}

}  // namespace

Waited wait_for_events(std::span<pollfd> entries, const Deadline& deadline) {
  if (deadline.is_interruptible() && has_noted_signal()) return Waited::interrupted;
  for (;;) {
    const int count = ppoll_once(entries, deadline);
    if (count == -1 && errno != EINTR) fail(errno, "cannot wait for descriptors");
    // With something ready the kernel does not deliver what is pending, so it is asked for.
    if (deadline.is_interrupted()) return Waited::interrupted;
    if (count > 0) return Waited::ready;
    if (deadline.time_left() == Duration::zero()) return Waited::timed_out;
  }
}

Waited wait_for_event(int fd, short event, const Deadline& deadline) {
  pollfd entry{fd, event, 0};
  return wait_for_events({&entry, 1}, deadline);
}

Waited pause_until(const Deadline& deadline) { return wait_for_events({}, deadline); }

}  // namespace ipcutils
