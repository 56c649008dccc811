#include "sem.hpp"

#include <fcntl.h>
#include <semaphore.h>
#include <sys/sem.h>
#include <sys/stat.h>

#include <ipcutils/error.hpp>
#include <ipcutils/semaphore_set.hpp>

#include "../core/failure.hpp"
#include "../file/object_file.hpp"
#include "directory.hpp"
#include "object.hpp"
#include "sysvipc.hpp"

namespace ipcutils {

namespace {

// The columns of /proc/sysvipc/sem.
enum Column { key, semid, perms, nsems, uid, gid, cuid, cgid, otime, ctime, column_count };

// Nothing when the caller may not read them.
std::optional<std::vector<SemaphoreState>> states_of(const Reference& reference) {
  try {
    const auto set = SemaphoreSet::open_if_exists(reference, Access::read);
    if (!set) return std::nullopt;
    return set->states();
  } catch (const Error&) {
    return std::nullopt;
  }
}

Object set_from(const SysvRow& row, bool contents) {
  const Reference reference{Kind::sem, SysvId{static_cast<int>(row[semid])}};
  const SemaphoreStatus status{
      .count = static_cast<unsigned>(row[nsems]),
      .states = contents ? states_of(reference) : std::nullopt,
      .operation_time = static_cast<std::time_t>(row[otime]),
  };
  return object_of_row(Kind::sem, row, {key, semid, perms, uid, gid, cuid, cgid, ctime}, status);
}

// Nothing for a file that is no semaphore, whatever its name.
std::optional<Object> find_file(int directory, const char* path, const Reference& reference, bool contents) {
  struct stat file;
  if (::fstatat(directory, path, &file, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT) return std::nullopt;
    fail(errno, "cannot inspect {}", reference.description());
  }
  if (!S_ISREG(file.st_mode) || file.st_size != sizeof(sem_t)) return std::nullopt;
  const SemaphoreStatus status{
      .count = 1, .states = contents ? states_of(reference) : std::nullopt, .operation_time = std::nullopt};
  return object_of_file(file, reference, Api::posix, status);
}

}  // namespace

std::vector<Object> list_semaphore_sets(bool contents) {
  const auto rows = read_sysvipc("sem", column_count);
  std::vector<Object> objects;
  objects.reserve(rows.size());
  for (const auto& row : rows) objects.push_back(set_from(row, contents));
  return objects;
}

std::vector<Object> list_named_semaphores(bool contents) {
  std::vector<Object> objects;
  const Directory directory{posix_shm_directory};
  for (const auto& leaf : directory.leaves()) {
    if (!leaf.starts_with(semaphore_prefix) || leaf.size() == semaphore_prefix.size()) continue;
    const Reference reference{Kind::sem, PosixName{fmt::format("/{}", leaf.substr(semaphore_prefix.size()))}};
    if (auto object = find_file(directory.descriptor(), leaf.c_str(), reference, contents))
      objects.push_back(std::move(*object));
  }
  return objects;
}

std::optional<Object> find_semaphores(const Reference& reference) {
  if (const auto path = object_path(reference)) return find_file(AT_FDCWD, path->c_str(), reference, true);
  return pick(reference, list_semaphore_sets(true));
}

}  // namespace ipcutils
