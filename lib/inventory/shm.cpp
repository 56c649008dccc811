#include "shm.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <ipcutils/key.hpp>
#include <memory>

#include "../core/failure.hpp"
#include "../shm/place.hpp"
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

Object segment_from(const std::vector<std::uint64_t>& row) {
  const auto id = static_cast<int>(row[shmid]);
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
  return {.reference = {Kind::shm, SysvId{id}},
          .api = Api::sysv,
          .key = static_cast<std::uint32_t>(row[key]),
          .id = id,
          .mode = static_cast<mode_t>(row[perms] & 0777),
          .uid = static_cast<uid_t>(row[uid]),
          .gid = static_cast<gid_t>(row[gid]),
          .creator_uid = static_cast<uid_t>(row[cuid]),
          .creator_gid = static_cast<gid_t>(row[cgid]),
          .change_time = static_cast<std::time_t>(row[ctime]),
          .modification_time = std::nullopt,
          .status = status};
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
  return {.reference = std::move(reference),
          .api = api,
          .key = std::nullopt,
          .id = std::nullopt,
          .mode = file.st_mode & 0777,
          .uid = file.st_uid,
          .gid = file.st_gid,
          .creator_uid = std::nullopt,
          .creator_gid = std::nullopt,
          .change_time = std::nullopt,
          .modification_time = file.st_mtime,
          .status = status};
}

std::optional<Object> find_file(int directory, const char* path, const Reference& reference, Api api) {
  struct stat status;
  if (::fstatat(directory, path, &status, api == Api::file ? 0 : AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT) return std::nullopt;
    fail(errno, "cannot inspect shared memory {}", reference.quoted());
  }
  if (!S_ISREG(status.st_mode)) return std::nullopt;
  return file_from(status, reference, api);
}

// The name of the object behind a file in /dev/shm; nothing when the file is another mechanism's.
std::optional<Reference> reference_of(const std::string& leaf) {
  if (leaf.starts_with("sem.") || leaf.starts_with("mb.") || leaf == "." || leaf == "..") return std::nullopt;
  return Reference{Kind::shm, PosixName{"/" + leaf}};
}

}  // namespace

std::vector<Object> list_segments() {
  std::vector<Object> objects;
  for (const auto& row : read_sysvipc("shm"))
    if (row.size() >= column_count) objects.push_back(segment_from(row));
  std::ranges::sort(objects, {}, &Object::id);
  return objects;
}

std::vector<Object> list_shared_memory_files() {
  std::vector<Object> objects;
  const std::unique_ptr<DIR, int (*)(DIR*)> directory{::opendir(posix_shm_directory), ::closedir};
  if (!directory) {
    if (errno == ENOENT) return objects;
    fail(errno, "cannot list '{}'", posix_shm_directory);
  }
  while (const dirent* entry = ::readdir(directory.get())) {
    const auto reference = reference_of(entry->d_name);
    if (!reference) continue;
    if (auto object = find_file(::dirfd(directory.get()), entry->d_name, *reference, Api::posix))
      objects.push_back(std::move(*object));
  }
  std::ranges::sort(objects, {},
                    [](const Object& object) { return std::get<PosixName>(object.reference.name).text; });
  return objects;
}

std::optional<Object> find_shared_memory(const Reference& reference) {
  if (const auto* name = std::get_if<PosixName>(&reference.name))
    return find_file(AT_FDCWD, Place::of(reference, *name).path().c_str(), reference, Api::posix);
  if (const auto* path = std::get_if<FilePath>(&reference.name))
    return find_file(AT_FDCWD, path->text.c_str(), reference, Api::file);

  if (std::holds_alternative<SysvPrivate>(reference.name))
    throw Error::invalid("cannot find 'private'", "it names no existing object",
                         "the reference of one is '@' and its identifier");

  std::optional<std::uint32_t> wanted_key;
  if (const auto* wanted = std::get_if<SysvKey>(&reference.name)) wanted_key = wanted->value;
  if (const auto* file = std::get_if<SysvFileKey>(&reference.name))
    wanted_key = static_cast<std::uint32_t>(file_key(file->path, file->project));
  const auto* wanted_id = std::get_if<SysvId>(&reference.name);
  for (auto& object : list_segments())
    if (wanted_id ? object.id == wanted_id->value : wanted_key && object.key == wanted_key)
      return std::move(object);
  return std::nullopt;
}

}  // namespace ipcutils
