#include "sem.hpp"

#include <fcntl.h>
#include <semaphore.h>
#include <sys/sem.h>
#include <sys/stat.h>

#include <ipcutils/deadline.hpp>
#include <ipcutils/error.hpp>
#include <ipcutils/semaphore_set.hpp>

#include "../core/directory.hpp"
#include "../core/failure.hpp"
#include "../file/object_file.hpp"
#include "../sem/posix_content.hpp"
#include "look.hpp"
#include "object.hpp"

namespace ipcutils {

namespace {

// The columns of /proc/sysvipc/sem.
enum Column { key, semid, perms, nsems, uid, gid, cuid, cgid, otime, ctime, column_count };

constexpr SysvColumns columns{key, semid, perms, uid, gid, cuid, cgid, ctime};

// 20, <linux/sem.h>: like SEM_STAT, for anybody. glibc declares it since 2.37.
constexpr int sem_stat_any = 20;

// semctl(2) leaves it to its callers to declare it.
union Argument {
  int value;
  semid_ds* status;
};

SysvRow row_of(int id, const semid_ds& status) {
  auto row = row_with(columns, id, status.sem_perm, status.sem_ctime);
  row[nsems] = status.sem_nsems;
  row[otime] = static_cast<std::uint64_t>(status.sem_otime);
  return row;
}

using States = std::optional<std::vector<SemaphoreState>>;

// Nothing when the caller may not read them.
States states_of_set(const Reference& reference) {
  try {
    const auto set = SemaphoreSet::open_if_exists(reference, Access::read);
    if (!set) return std::nullopt;
    return set->states();
  } catch (const Error&) {
    return std::nullopt;
  }
}

// The value of a POSIX semaphore. Nothing when the caller may not read it, or while somebody has a lease on
// its file, which is waited for until `patience` has passed.
States state_in(int directory, const char* path, const Deadline& patience) {
  const auto file = open_to_look(directory, path, patience);
  const auto state = file && file->is_open() ? sem_posix::read_state(file->get()) : std::nullopt;
  return state ? States{{*state}} : std::nullopt;
}

Object set_from(const SysvRow& row, bool contents) {
  const Reference reference{Kind::sem, SysvId{static_cast<int>(row[semid])}};
  const SemaphoreStatus status{
      .count = static_cast<unsigned>(row[nsems]),
      .states = contents ? states_of_set(reference) : std::nullopt,
      .operation_time = static_cast<std::time_t>(row[otime]),
  };
  return object_of_row(Kind::sem, row, columns, status);
}

// How the file of a semaphore is looked at: whether its value is asked for, and how long leases may hold up
// all that is looked at together.
struct Look {
  bool contents;
  Deadline patience;
};

// Nothing for a file that is no semaphore, whatever its name.
std::optional<Object> find_file(int directory, const char* path, const Reference& reference,
                                const Look& look) {
  const auto file = status_if_exists(directory, path, AT_SYMLINK_NOFOLLOW, reference);
  if (!file || !S_ISREG(file->st_mode) || file->st_size != sizeof(sem_t)) return std::nullopt;
  const SemaphoreStatus status{
      .count = 1,
      .states = look.contents ? state_in(directory, path, look.patience) : std::nullopt,
      .operation_time = std::nullopt};
  return object_of_file(*file, reference, Api::posix, status);
}

// A lock on a file.
std::optional<Object> find_lock(const Reference& reference, const std::string& path) {
  const auto file = status_if_exists(AT_FDCWD, path.c_str(), 0, reference);
  if (!file || !S_ISREG(file->st_mode)) return std::nullopt;
  const SemaphoreStatus status{
      .count = 1, .states = states_of_set(reference), .operation_time = std::nullopt};
  return object_of_file(*file, reference, Api::file, status);
}

Look look_now(bool contents) { return {contents, patience_with_leases()}; }

}  // namespace

const SysvSource<semid_ds> semaphore_set_source{
    .name = "sem",
    .noun = "sets of semaphores",
    .column_count = column_count,
    .call_column_count = column_count,
    .info_command = SEM_INFO,
    .stat_command = SEM_STAT,
    .stat_any_command = sem_stat_any,
    .control = [](int id, int command,
                  semid_ds& status) { return ::semctl(id, 0, command, Argument{.status = &status}); },
    .row_of = row_of,
};

Listing list_semaphore_sets(bool contents) {
  return list_sysv_objects(semaphore_set_source,
                           [=](const SysvRow& row, std::size_t) { return set_from(row, contents); });
}

Listing list_named_semaphores(bool contents) {
  const auto look_at = [look = look_now(contents)](int directory,
                                                   const std::string& leaf) -> std::optional<Object> {
    if (!leaf.starts_with(semaphore_prefix) || leaf.size() == semaphore_prefix.size()) return std::nullopt;
    const Reference reference{Kind::sem, PosixName{fmt::format("/{}", leaf.substr(semaphore_prefix.size()))}};
    return find_file(directory, leaf.c_str(), reference, look);
  };
  return list_object_files(Directory{posix_shm_directory}, look_at);
}

std::optional<Object> find_semaphores(const Reference& reference) {
  const auto path = object_path(reference);
  if (!path) return pick(reference, list_semaphore_sets(true));
  if (SemaphoreSet::is_lock(reference)) return find_lock(reference, *path);
  return find_file(AT_FDCWD, path->c_str(), reference, look_now(true));
}

}  // namespace ipcutils
