// Waiting for descriptors, for time and for signals.
#pragma once

#include <poll.h>

#include <ipcutils/deadline.hpp>
#include <ipcutils/export.hpp>
#include <span>

namespace ipcutils {

enum class Waited {
  ready,
  timed_out,
  interrupted,  // by a signal of the deadline's Interruption
};

// Blocks until one of the descriptors is ready for its events, or at its end or broken, as poll(2) says in
// revents, or until `deadline` has passed. A signal that has come before, or comes at the same time as data,
// is `interrupted`. Descriptors of -1 are passed over.
IPCUTILS_EXPORT Waited wait_for_events(std::span<pollfd> entries, const Deadline& deadline);

// The same for one descriptor. The next call on it shows which event it was.
IPCUTILS_EXPORT Waited wait_for_event(int fd, short event, const Deadline& deadline);

// Sleeps until `deadline` has passed. Whether a signal has ended that.
IPCUTILS_EXPORT Waited pause_until(const Deadline& deadline);

}  // namespace ipcutils
