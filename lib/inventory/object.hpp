// Objects, made of what the kernel tells. Internal.
#pragma once

#include <sys/stat.h>

#include <ipcutils/inventory.hpp>
#include <optional>
#include <vector>

#include "sysvipc.hpp"

namespace ipcutils {

// Where in a row of a table of /proc/sysvipc stands what they all have.
struct SysvColumns {
  std::size_t key, id, permissions, uid, gid, creator_uid, creator_gid, change_time;
};

Object object_of_row(Kind kind, const SysvRow& row, const SysvColumns& columns,
                     decltype(Object::status) status);

// The object behind a file in /dev/shm or on a mqueue file system, or that is a mapped file.
Object object_of_file(const struct stat& file, Reference reference, Api api, decltype(Object::status) status);

// The object of a list of System V objects that has the key or the identifier of a reference.
std::optional<Object> pick(const Reference& reference, std::vector<Object> objects);

}  // namespace ipcutils
