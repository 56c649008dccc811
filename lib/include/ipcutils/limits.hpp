// How much of everything this system lets be made, and how much of that is in use.
#pragma once

#include <cstdint>
#include <ipcutils/export.hpp>
#include <ipcutils/inventory.hpp>
#include <optional>
#include <string_view>
#include <vector>

namespace ipcutils {

// What a limit counts.
enum class LimitUnit { objects, semaphores, messages, operations, value, bytes, pages, files };

// "objects", "bytes", …
IPCUTILS_EXPORT std::string_view limit_unit_name(LimitUnit unit) noexcept;

// One limit. Texts are literals.
struct Limit {
  Kind kind;
  Api api;
  // By what it is changed: as sysctl(8) names it ("kernel.shmmni"; of kernel.sem, which holds four numbers,
  // "kernel.sem.SEMMNI"), a resource limit ("RLIMIT_MSGQUEUE"), a mount point ("/dev/shm"), or in capitals
  // what is built in ("SEMVMX").
  std::string_view name;
  std::string_view description;  // "number of segments"
  LimitUnit unit;
  std::optional<std::uint64_t> value;  // absent: unlimited
  std::optional<std::uint64_t> used;   // absent: it limits a single object or call, or nobody tells
};

// The limits of the kinds and APIs of a selection, by kind, System V first. With `contents` what is used is
// looked for too. What this system lacks (an API, a mount) is left out. That limits cannot be read where
// /proc/sys is hidden is an Error, which `failures` gets, if given. Does not block. Stands on
// the IPC_INFO and …_INFO commands of shmctl(2), msgctl(2) and semctl(2), proc(5), statvfs(3) of /dev/shm,
// and getrlimit(2) of this process. The kernel does not tell how much of RLIMIT_MSGQUEUE is used: it is
// counted from the queues that belong to this process's user, unless one of them may not be read. The kernel
// charges who made a queue, also for those of other IPC namespaces and those that are unlinked but open.
IPCUTILS_EXPORT std::vector<Limit> list_limits(const Selection& selection = {},
                                               std::vector<Error>* failures = nullptr);

// The limit of a name; null when the list has none.
IPCUTILS_EXPORT const Limit* find_limit(const std::vector<Limit>& limits, std::string_view name) noexcept;

// What all System V objects of this process's IPC namespace take together, whoever owns them.
struct SegmentUsage {
  std::uint64_t segments;
  std::uint64_t pages;  // of all segments, whether or not they were ever touched
  std::uint64_t resident_pages;
  std::uint64_t swapped_pages;
  std::uint64_t swap_attempts;  // 0 since Linux 2.4
  std::uint64_t swap_successes;
};

struct QueueUsage {
  std::uint64_t queues;
  std::uint64_t messages;  // in all queues
  std::uint64_t bytes;     // of these messages
};

struct SemaphoreUsage {
  std::uint64_t sets;
  std::uint64_t semaphores;  // in all sets
};

// Nothing where the kernel has no System V objects.
IPCUTILS_EXPORT std::optional<SegmentUsage> segment_usage();
IPCUTILS_EXPORT std::optional<QueueUsage> queue_usage();
IPCUTILS_EXPORT std::optional<SemaphoreUsage> semaphore_usage();

}  // namespace ipcutils
