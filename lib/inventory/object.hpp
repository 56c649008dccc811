// Objects, made of what the kernel tells. Internal.
#pragma once

#include <sys/stat.h>

#include <ipcutils/inventory.hpp>
#include <optional>
#include <vector>

namespace ipcutils {

// What every table of /proc/sysvipc says of an object.
struct SysvRow {
  std::uint64_t key;
  std::uint64_t id;
  std::uint64_t mode;
  std::uint64_t uid;
  std::uint64_t gid;
  std::uint64_t creator_uid;
  std::uint64_t creator_gid;
  std::uint64_t change_time;
};

Object object_of_row(Kind kind, const SysvRow& row, decltype(Object::status) status);

// The object behind a file in /dev/shm or on a mqueue file system, or that is a mapped file.
Object object_of_file(const struct stat& file, Reference reference, Api api, decltype(Object::status) status);

// The object of a list of System V objects that has the key or the identifier of a reference.
std::optional<Object> pick(const Reference& reference, std::vector<Object> objects);

}  // namespace ipcutils
