#include <ipcutils/poll.hpp>

#include "failure.hpp"

namespace ipcutils {

bool poll_until(std::span<pollfd> entries, const Deadline& deadline) {
  for (;;) {
    const int count = ::poll(entries.data(), entries.size(), deadline.poll_timeout());
    if (count > 0) return true;
    if (count == -1 && errno != EINTR) fail(errno, "cannot wait for descriptor {}", entries.front().fd);
    if (deadline.has_passed()) return false;
  }
}

bool poll_until(int fd, short events, const Deadline& deadline) {
  pollfd entry{fd, events, 0};
  return poll_until({&entry, 1}, deadline);
}

}  // namespace ipcutils
