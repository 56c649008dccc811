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
  // Handlers are for a sleep. Whoever only looks finds what is pending without them.
  const bool sleeps = is_endless || left.tv_sec != 0 || left.tv_nsec != 0;
  return ::ppoll(entries.data(), entries.size(), is_endless ? nullptr : &left,
                 sleeps ? mask_while_waiting() : nullptr);
}

}  // namespace

Waited wait_for_events(std::span<pollfd> entries, const Deadline& deadline) {
  if (has_been_interrupted(deadline)) return Waited::interrupted;
  for (;;) {
    const int count = ppoll_once(entries, deadline);
    if (count == -1 && errno != EINTR) fail(errno, "cannot wait for descriptors");
    // With something ready the kernel does not deliver what is pending, so it is asked for.
    if (is_to_be_interrupted(deadline)) return Waited::interrupted;
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
