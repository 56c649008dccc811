#include "shm.hpp"

#include <fcntl.h>
#include <sys/shm.h>

#include "../core/failure.hpp"
#include "../file/object_file.hpp"
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

constexpr SysvColumns columns{key, shmid, perms, uid, gid, cuid, cgid, ctime};

// 15, <linux/shm.h>: like SHM_STAT, for anybody. glibc declares it since 2.37.
constexpr int shm_stat_any = 15;

SysvRow row_of(int id, const shmid_ds& status) {
  auto row = row_with(columns, id, status.shm_perm, status.shm_ctime);
  row[size] = status.shm_segsz;
  row[cpid] = static_cast<std::uint64_t>(status.shm_cpid);
  row[lpid] = static_cast<std::uint64_t>(status.shm_lpid);
  row[nattch] = status.shm_nattch;
  row[atime] = static_cast<std::uint64_t>(status.shm_atime);
  row[dtime] = static_cast<std::uint64_t>(status.shm_dtime);
  return row;
}

Object segment_from(const SysvRow& row, std::size_t column_count) {
  const auto if_known = [&](Column column) {
    return column < column_count ? std::optional{row[column]} : std::nullopt;
  };
  const SharedMemoryStatus status{
      .size = row[size],
      .attached = row[nattch],
      .creator = static_cast<pid_t>(row[cpid]),
      .last_user = static_cast<pid_t>(row[lpid]),
      .attach_time = static_cast<std::time_t>(row[atime]),
      .detach_time = static_cast<std::time_t>(row[dtime]),
      .resident = if_known(rss),
      .swapped = if_known(swap),
      .removed = (row[perms] & shm_dest) != 0,
      .locked = (row[perms] & shm_locked) != 0,
  };
  return object_of_row(Kind::shm, row, columns, status);
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
  const int flags = api == Api::file ? 0 : AT_SYMLINK_NOFOLLOW;
  const auto status = status_if_exists(directory, path, flags, reference);
  if (!status || !S_ISREG(status->st_mode)) return std::nullopt;
  return file_from(*status, reference, api);
}

// The name of the object behind a file in /dev/shm; nothing when the file is another mechanism's.
std::optional<Reference> reference_of(const std::string& leaf) {
  if (leaf.starts_with(semaphore_prefix) || leaf.starts_with(mailbox_prefix)) return std::nullopt;
  return Reference{Kind::shm, PosixName{"/" + leaf}};
}

}  // namespace

const SysvSource<shmid_ds> segment_source{
    .name = "shm",
    .noun = "segments of shared memory",
    .column_count = column_count,
    .call_column_count = rss,
    .info_command = SHM_INFO,
    .stat_command = SHM_STAT,
    .stat_any_command = shm_stat_any,
    .control = [](int id, int command, shmid_ds& status) { return ::shmctl(id, command, &status); },
    .row_of = row_of,
};

Listing list_segments() { return list_sysv_objects(segment_source, segment_from); }

Listing list_shared_memory_files() {
  const auto look_at = [](int directory, const std::string& leaf) -> std::optional<Object> {
    const auto reference = reference_of(leaf);
    if (!reference) return std::nullopt;
    return find_file(directory, leaf.c_str(), *reference, Api::posix);
  };
  return list_object_files(Directory{posix_shm_directory}, look_at);
}

std::optional<Object> find_shared_memory(const Reference& reference) {
  const auto api = std::holds_alternative<FilePath>(reference.name) ? Api::file : Api::posix;
  if (const auto path = object_path(reference)) return find_file(AT_FDCWD, path->c_str(), reference, api);
  return pick(reference, list_segments());
}

}  // namespace ipcutils
