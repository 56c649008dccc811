// Waiting for descriptors.
#pragma once

#include <poll.h>

#include <ipcutils/deadline.hpp>
#include <ipcutils/export.hpp>
#include <span>

namespace ipcutils {

// Blocks until one of the descriptors is ready for its events, or at its end or broken, as poll(2) says in
// revents; false when `deadline` has passed before.
IPCUTILS_EXPORT bool poll_until(std::span<pollfd> entries, const Deadline& deadline);

// The same for one, of which the next call tells more.
IPCUTILS_EXPORT bool poll_until(int fd, short events, const Deadline& deadline);

}  // namespace ipcutils
