#include "shm.hpp"

#include <fcntl.h>

#include "../core/failure.hpp"
#include "../file/object_file.hpp"
#include "directory.hpp"
#include "object.hpp"
#include "sysvipc.hpp"

namespace ipcutils {

namespace {

// What <linux/shm.h> adds to the permission bits.
constexpr std::uint64_t shm_dest = 01000;
constexpr std::uint64_t shm_locked = 02000;

// The columns of /proc/sysvipc/shm.
enum Column {
  key,
  shmid,
  perms,
  size,
  cpid,
  lpid,
  nattch,
  uid,
  gid,
  cuid,
  cgid,
  atime,
  dtime,
  ctime,
  rss,
  swap,
  column_count
};

Object segment_from(const SysvRow& row) {
  const SharedMemoryStatus status{
      .size = row[size],
      .attached = row[nattch],
      .creator = static_cast<pid_t>(row[cpid]),
      .last_user = static_cast<pid_t>(row[lpid]),
      .attach_time = static_cast<std::time_t>(row[atime]),
      .detach_time = static_cast<std::time_t>(row[dtime]),
      .resident = row[rss],
      .swapped = row[swap],
      .removed = (row[perms] & shm_dest) != 0,
      .locked = (row[perms] & shm_locked) != 0,
  };
  return object_of_row(Kind::shm, row, {key, shmid, perms, uid, gid, cuid, cgid, ctime}, status);
}

Object file_from(const struct stat& file, Reference reference, Api api) {
  const SharedMemoryStatus status{
      .size = static_cast<std::uint64_t>(file.st_size),
      .attached = std::nullopt,
      .creator = std::nullopt,
      .last_user = std::nullopt,
      .attach_time = std::nullopt,
      .detach_time = std::nullopt,
      .resident = static_cast<std::uint64_t>(file.st_blocks) * 512,
      .swapped = 0,
  };
  return object_of_file(file, std::move(reference), api, status);
}

std::optional<Object> find_file(int directory, const char* path, const Reference& reference, Api api) {
  struct stat status;
  if (::fstatat(directory, path, &status, api == Api::file ? 0 : AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT) return std::nullopt;
    fail(errno, "cannot inspect {}", reference.description());
  }
  if (!S_ISREG(status.st_mode)) return std::nullopt;
  return file_from(status, reference, api);
}

// The name of the object behind a file in /dev/shm; nothing when the file is another mechanism's.
std::optional<Reference> reference_of(const std::string& leaf) {
  if (leaf.starts_with(semaphore_prefix) || leaf.starts_with("mb.")) return std::nullopt;
  return Reference{Kind::shm, PosixName{"/" + leaf}};
}

}  // namespace

std::vector<Object> list_segments() {
  const auto rows = read_sysvipc("shm", column_count);
  std::vector<Object> objects;
  objects.reserve(rows.size());
  for (const auto& row : rows) objects.push_back(segment_from(row));
  return objects;
}

std::vector<Object> list_shared_memory_files() {
  std::vector<Object> objects;
  const Directory directory{posix_shm_directory};
  for (const auto& leaf : directory.leaves()) {
    const auto reference = reference_of(leaf);
    if (!reference) continue;
    if (auto object = find_file(directory.descriptor(), leaf.c_str(), *reference, Api::posix))
      objects.push_back(std::move(*object));
  }
  return objects;
}

std::optional<Object> find_shared_memory(const Reference& reference) {
  const auto api = std::holds_alternative<FilePath>(reference.name) ? Api::file : Api::posix;
  if (const auto path = object_path(reference)) return find_file(AT_FDCWD, path->c_str(), reference, api);
  return pick(reference, list_segments());
}

}  // namespace ipcutils
