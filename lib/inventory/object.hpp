// Objects, made of what the kernel tells. Internal.
#pragma once

#include <sys/stat.h>

#include <functional>
#include <ipcutils/inventory.hpp>
#include <optional>
#include <string>
#include <vector>

#include "../core/directory.hpp"
#include "sysvipc.hpp"

namespace ipcutils {

// The objects of one kind and API that could be looked at, and an Error for each entry that could not.
struct Listing {
  std::vector<Object> objects;
  std::vector<Error> failures = {};
};

Object object_of_row(Kind kind, const SysvRow& row, const SysvColumns& columns,
                     decltype(Object::status) status);

// The status of a file, as fstatat(2) tells it; nothing where it does not exist. Throws Error when it cannot
// be told.
std::optional<struct stat> status_if_exists(int directory, const char* path, int flags,
                                            const Reference& reference);

// The object behind a file in /dev/shm or on a mqueue file system, or that is a mapped file.
Object object_of_file(const struct stat& file, Reference reference, Api api, decltype(Object::status) status);

// All System V objects of one kind; `object_of(row, column_count)` makes an object of a row.
template <typename Status, typename ObjectOf>
Listing list_sysv_objects(const SysvSource<Status>& source, ObjectOf object_of) {
  const auto table = sysv_table(source);
  Listing listing;
  listing.objects.reserve(table.rows.size());
  for (const auto& row : table.rows) listing.objects.push_back(object_of(row, table.column_count));
  if (table.hidden > 0) listing.failures.push_back(hidden_rows(table.hidden, source.noun));
  return listing;
}

// Calls `look_at(directory, leaf)` for each file of a directory and lists the objects that it returns. If it
// throws an Error, only that file is left out.
using LookAtFile = std::function<std::optional<Object>(int directory, const std::string& leaf)>;
Listing list_object_files(const Directory& directory, const LookAtFile& look_at);

// The object of a list of System V objects that has the key or the identifier of a reference. Throws the
// list's failure where the object may be one of those that are not in the list.
std::optional<Object> pick(const Reference& reference, Listing listing);

}  // namespace ipcutils
