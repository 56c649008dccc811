// Waiting until something is true of an object.
#pragma once

#include <ipcutils/deadline.hpp>
#include <ipcutils/export.hpp>
#include <ipcutils/reference.hpp>
#include <string_view>

namespace ipcutils {

// What can be waited for. It is true at one moment: others may have changed it when the wait returns.
struct IPCUTILS_EXPORT Condition {
  enum class What {
    exists,
    gone,
    empty,       // a queue without messages, a FIFO without bytes, a mailbox whose receivers have read all
    nonempty,    // a queue with messages, a FIFO with bytes, a mailbox whose slowest receiver has not
    zero,        // every semaphore of a set
    value,       // every semaphore of a set is at least `value`
    unattached,  // shared memory or a mailbox that nobody holds, see is_unused()
    readers,     // a FIFO or a mailbox that somebody reads from
    writers,     // the same that somebody writes to
    changed,     // POSIX shared memory or a file, since the wait began; see ContentWatch
  };

  What what;
  unsigned value = 0;

  // "exists", "gone", "empty", "nonempty", "zero", "unattached", "readers", "writers", "changed",
  // "value:N". Throws Error (EINVAL).
  static Condition parse(std::string_view text);

  bool operator==(const Condition&) const = default;
};

// Throws Error (EINVAL) for a condition that objects of this kind do not have.
IPCUTILS_EXPORT void require_possible(const Reference& reference, const Condition& condition);

// Waits until it is true; false when the deadline passes first. The kernel tells of POSIX shared memory,
// semaphores and mailboxes that appear or go and of what is written (inotify(7)), of what happens to a FIFO,
// of messages in a POSIX queue (poll(2)) and of System V semaphores (semop(2), which counts as an operation);
// otherwise it looks again after 1 to 50 ms. Throws Error (ENOENT) when there is no object, unless its
// existence is the question.
IPCUTILS_EXPORT bool wait_for(const Reference& reference, const Condition& condition,
                              const Deadline& deadline);

}  // namespace ipcutils
