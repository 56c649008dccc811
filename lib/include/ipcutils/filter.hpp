// Choosing objects by what is true of them.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <ipcutils/deadline.hpp>
#include <ipcutils/export.hpp>
#include <ipcutils/holders.hpp>
#include <ipcutils/inventory.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace ipcutils {

// Of the clock that stamps objects, CLOCK_REALTIME.
using Moment = std::chrono::sys_time<Duration>;

// A pattern of the names of POSIX objects, fnmatch(3), with the slash or without it.
struct IPCUTILS_EXPORT NamePattern {
  std::string glob;
  bool is_excluded = false;  // what matches is not chosen

  // GLOB, or '!' and GLOB for names that are not chosen. Throws Error (EINVAL) for what no name can match.
  static NamePattern parse(std::string_view text);

  // Of the name; of a semaphore /x also the name sem.x, which its file has, where the pattern begins with
  // "sem.", and likewise of a mailbox.
  bool matches(const Object& object) const;

  bool operator==(const NamePattern&) const = default;
};

// What must be true of an object; all of it. What is unknown of it is not true.
struct IPCUTILS_EXPORT Filter {
  std::set<uid_t> owners = {};  // any of them; empty: anybody
  // Any of those that choose, if there are any, and none of those that exclude.
  std::vector<NamePattern> names = {};
  std::set<pid_t> processes = {};                           // any of them, see is_made_or_used_by()
  std::optional<std::uint64_t> larger_than = std::nullopt;  // bytes, of size_of()
  std::optional<std::uint64_t> filled_to = std::nullopt;    // at least so many per cent, of fill_of()
  std::optional<Duration> older_than = std::nullopt;        // since last_use_of()
  bool unused = false;
  bool orphaned = false;  // POSIX objects only together with a name that chooses, or `older_than`

  bool is_any() const noexcept;         // whether it filters at all
  bool needs_holders() const noexcept;  // whether matches() wants them to have been looked for

  // Whether the other conditions are enough for `orphaned` to be true of objects of this API.
  bool seeks_orphans_of(Api api) const noexcept;

  bool matches(const Object& object, Moment now) const;
};

// Bytes of shared memory, of the messages in a queue together or that a mailbox can hold, or in a FIFO.
// Nothing: not known, or semaphores.
IPCUTILS_EXPORT std::optional<std::uint64_t> size_of(const Object& object);

// How much of its limit a queue holds, in per cent, rounded down: of its messages (POSIX); of its bytes,
// which limit the number of messages, too (System V). Above 100 where the limit was lowered. Of a mailbox,
// how much of its size the slowest receiver has not read.
IPCUTILS_EXPORT std::optional<std::uint64_t> fill_of(const decltype(Object::status)& status);

// Messages in a queue, or in a mailbox that the slowest receiver has not read. Nothing: not known, or another
// kind.
IPCUTILS_EXPORT std::optional<std::uint64_t> messages_in(const Object& object);

// Who reads from a FIFO or a mailbox, and who writes to it: processes, or handles of mailboxes.
IPCUTILS_EXPORT std::optional<std::uint64_t> readers_of(const Object& object);
IPCUTILS_EXPORT std::optional<std::uint64_t> writers_of(const Object& object);

// Whether the kernel names one of the processes as the one that made the object or used it last: a segment's
// creator and who attached or detached it last, a queue's last sender and receiver, and who operated last on
// one of the semaphores of a set. It names nobody of POSIX objects and FIFOs.
IPCUTILS_EXPORT bool is_made_or_used_by(const Object& object, const std::set<pid_t>& processes);

// The latest of the times at which the kernel saw an object used or changed. System V counts whole seconds:
// this is the end of the second, so that no object seems older than it is.
IPCUTILS_EXPORT Moment last_use_of(const Object& object) noexcept;

}  // namespace ipcutils
