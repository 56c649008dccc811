#include <semaphore.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <ipcutils/limits.hpp>

#include <climits>
#include <string>

#include "../file/object_file.hpp"
#include "posix_queue_limits.hpp"

namespace ipcutils {

namespace {

// What the kernel allows of System V's three mechanisms; nothing where it has them not.

std::optional<shminfo> segment_limits() {
  shminfo info;
  if (::shmctl(0, IPC_INFO, reinterpret_cast<shmid_ds*>(&info)) == -1) return std::nullopt;
  return info;
}

std::optional<msginfo> queue_limits() {
  msginfo info;
  if (::msgctl(0, IPC_INFO, reinterpret_cast<msqid_ds*>(&info)) == -1) return std::nullopt;
  return info;
}

std::optional<seminfo> get_seminfo(int command) {
  // semctl(2) leaves it to its callers to declare it.
  union {
    int value;
    seminfo* info;
  } argument;
  seminfo info;
  argument.info = &info;
  if (::semctl(0, 0, command, argument) == -1) return std::nullopt;
  return info;
}

std::uint64_t number(int value) { return static_cast<std::uint64_t>(value); }

using Limits = std::vector<Limit>;
using Used = std::optional<std::uint64_t>;

void add_segments(Limits& limits, bool with_usage) {
  const auto info = segment_limits();
  if (!info) return;
  const auto usage = with_usage ? segment_usage() : std::nullopt;
  const auto add = [&](std::string_view name, std::string_view description, LimitUnit unit,
                       std::uint64_t value, Used used) {
    limits.push_back({Kind::shm, Api::sysv, name, description, unit, value, used});
  };
  add("kernel.shmmni", "number of segments", LimitUnit::objects, info->shmmni,
      usage ? Used{usage->segments} : std::nullopt);
  add("kernel.shmall", "size of all segments", LimitUnit::pages, info->shmall,
      usage ? Used{usage->pages} : std::nullopt);
  add("kernel.shmmax", "size of a segment", LimitUnit::bytes, info->shmmax, std::nullopt);
  add("SHMMIN", "smallest size of a segment", LimitUnit::bytes, info->shmmin, std::nullopt);
}

void add_queues(Limits& limits, bool with_usage) {
  const auto info = queue_limits();
  if (!info) return;
  const auto usage = with_usage ? queue_usage() : std::nullopt;
  const auto add = [&](std::string_view name, std::string_view description, LimitUnit unit, int value,
                       Used used) {
    limits.push_back({Kind::mq, Api::sysv, name, description, unit, number(value), used});
  };
  add("kernel.msgmni", "number of queues", LimitUnit::objects, info->msgmni,
      usage ? Used{usage->queues} : std::nullopt);
  add("kernel.msgmax", "size of a message", LimitUnit::bytes, info->msgmax, std::nullopt);
  add("kernel.msgmnb", "bytes in a new queue", LimitUnit::bytes, info->msgmnb, std::nullopt);
}

void add_sets(Limits& limits, bool with_usage) {
  const auto info = get_seminfo(IPC_INFO);
  if (!info) return;
  const auto usage = with_usage ? semaphore_usage() : std::nullopt;
  const auto add = [&](std::string_view name, std::string_view description, LimitUnit unit, int value,
                       Used used) {
    limits.push_back({Kind::sem, Api::sysv, name, description, unit, number(value), used});
  };
  add("kernel.sem.SEMMNI", "number of sets", LimitUnit::objects, info->semmni,
      usage ? Used{usage->sets} : std::nullopt);
  add("kernel.sem.SEMMSL", "semaphores of a set", LimitUnit::semaphores, info->semmsl, std::nullopt);
  add("kernel.sem.SEMMNS", "semaphores of all sets", LimitUnit::semaphores, info->semmns,
      usage ? Used{usage->semaphores} : std::nullopt);
  add("kernel.sem.SEMOPM", "operations of a call", LimitUnit::operations, info->semopm, std::nullopt);
  add("SEMVMX", "value of a semaphore", LimitUnit::value, info->semvmx, std::nullopt);
}

// POSIX shared memory, semaphores and mailboxes are files of one file system. One without a limit says 0.
void add_file_system(Limits& limits, Kind kind, bool with_usage) {
  struct statvfs status;
  if (::statvfs(std::string{posix_shm_directory}.c_str(), &status) != 0) return;
  const auto add = [&](std::string_view description, LimitUnit unit, std::uint64_t value,
                       std::uint64_t used) {
    limits.push_back({kind, Api::posix, posix_shm_directory, description, unit,
                      value != 0 ? Used{value} : std::nullopt,
                      with_usage && value != 0 ? Used{used} : std::nullopt});
  };
  add("size of the file system", LimitUnit::bytes, status.f_blocks * status.f_frsize,
      (status.f_blocks - status.f_bfree) * status.f_frsize);
  add("files of the file system", LimitUnit::files, status.f_files, status.f_files - status.f_ffree);
}

void add_shared_memory_files(Limits& limits, bool with_usage) {
  add_file_system(limits, Kind::shm, with_usage);
}

void add_named_semaphores(Limits& limits, bool with_usage) {
  limits.push_back({Kind::sem, Api::posix, "SEM_VALUE_MAX", "value of a semaphore", LimitUnit::value,
                    number(SEM_VALUE_MAX), std::nullopt});
  add_file_system(limits, Kind::sem, with_usage);
}

// Whether it is for lack of /proc/sys that sysctl() has nothing; errno then says why.
bool is_sysctl_hidden() { return ::access("/proc/sys/fs", R_OK | X_OK) != 0; }

void add_mailboxes(Limits& limits, bool with_usage) { add_file_system(limits, Kind::mb, with_usage); }

struct Source {
  Kind kind;
  Api api;
  void (*add)(Limits& limits, bool with_usage);
};

constexpr Source sources[] = {
    {Kind::shm, Api::sysv, add_segments},  {Kind::shm, Api::posix, add_shared_memory_files},
    {Kind::mq, Api::sysv, add_queues},     {Kind::mq, Api::posix, add_posix_queue_limits},
    {Kind::sem, Api::sysv, add_sets},      {Kind::sem, Api::posix, add_named_semaphores},
    {Kind::mb, Api::posix, add_mailboxes},
};

}  // namespace

std::string_view limit_unit_name(LimitUnit unit) noexcept {
  constexpr std::string_view names[] = {"objects", "semaphores", "messages", "operations",
                                        "value",   "bytes",      "pages",    "files"};
  return names[static_cast<std::size_t>(unit)];
}

std::vector<Limit> list_limits(const Selection& selection, std::vector<Error>* failures) {
  Limits limits;
  for (const auto& source : sources)
    if (selection.kinds.contains(source.kind) && selection.apis.contains(source.api))
      source.add(limits, selection.contents);
  const bool has_queues = find_limit(limits, "RLIMIT_MSGQUEUE") != nullptr;
  if (failures != nullptr && has_queues && is_sysctl_hidden())
    failures->push_back(
        Error{errno, "cannot read the limits of POSIX message queues", "they are in /proc/sys/fs/mqueue"});
  return limits;
}

const Limit* find_limit(const std::vector<Limit>& limits, std::string_view name) noexcept {
  for (const auto& limit : limits)
    if (limit.name == name) return &limit;
  return nullptr;
}

std::optional<SegmentUsage> segment_usage() {
  shm_info info;
  if (::shmctl(0, SHM_INFO, reinterpret_cast<shmid_ds*>(&info)) == -1) return std::nullopt;
  return SegmentUsage{number(info.used_ids), info.shm_tot,       info.shm_rss,
                      info.shm_swp,          info.swap_attempts, info.swap_successes};
}

// MSG_INFO and SEM_INFO put what is used into fields that are named for something else.
std::optional<QueueUsage> queue_usage() {
  msginfo info;
  if (::msgctl(0, MSG_INFO, reinterpret_cast<msqid_ds*>(&info)) == -1) return std::nullopt;
  return QueueUsage{number(info.msgpool), number(info.msgmap), number(info.msgtql)};
}

std::optional<SemaphoreUsage> semaphore_usage() {
  const auto info = get_seminfo(SEM_INFO);
  if (!info) return std::nullopt;
  return SemaphoreUsage{number(info->semusz), number(info->semaem)};
}

}  // namespace ipcutils
