#include <ipcutils/wait.hpp>

#include "failure.hpp"
#include "signal_mask.hpp"

namespace ipcutils {

namespace {

int ppoll_once(std::span<pollfd> entries, const Deadline& deadline) {
  struct timespec left {};
  const bool is_endless = deadline.is_never();
  if (!is_endless) {
    const auto nanoseconds = deadline.remaining().count();
    left = {.tv_sec = nanoseconds / 1'000'000'000, .tv_nsec = nanoseconds % 1'000'000'000};
  }
  return ::ppoll(entries.data(), entries.size(), is_endless ? nullptr : &left, mask_while_waiting());
}

}  // namespace

Waited wait_for_events(std::span<pollfd> entries, const Deadline& deadline) {
  for (;;) {
    // With something ready the kernel does not deliver what is pending, so it is asked for.
    if (deadline.is_interrupted()) return Waited::interrupted;
    const int count = ppoll_once(entries, deadline);
    if (count > 0) return deadline.is_interrupted() ? Waited::interrupted : Waited::ready;
    if (count == -1 && errno != EINTR) fail(errno, "cannot wait for descriptors");
    if (deadline.has_passed()) return deadline.is_interrupted() ? Waited::interrupted : Waited::timed_out;
  }
}

Waited wait_for_event(int fd, short event, const Deadline& deadline) {
  pollfd entry{fd, event, 0};
  return wait_for_events({&entry, 1}, deadline);
}

Waited pause_until(const Deadline& deadline) { return wait_for_events({}, deadline); }

}  // namespace ipcutils
