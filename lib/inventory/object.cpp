#include "object.hpp"

#include <fcntl.h>

#include <algorithm>
#include <ipcutils/error.hpp>
#include <ipcutils/key.hpp>
#include <tuple>

#include "../core/failure.hpp"

namespace ipcutils {

namespace {

bool is_earlier(const timespec& a, const timespec& b) {
  return std::tie(a.tv_sec, a.tv_nsec) < std::tie(b.tv_sec, b.tv_nsec);
}

}  // namespace

std::optional<struct stat> status_if_exists(int directory, const char* path, int flags,
                                            const Reference& reference) {
  struct stat status;
  if (::fstatat(directory, path, &status, flags) == 0) return status;
  if (errno == ENOENT) return std::nullopt;
  fail(errno, "cannot inspect {}", reference.description());
}

Object object_of_row(Kind kind, const SysvRow& row, const SysvColumns& columns,
                     decltype(Object::status) status) {
  const auto id = static_cast<int>(row[columns.id]);
  return {.reference = {kind, SysvId{id}},
          .api = Api::sysv,
          .key = static_cast<std::uint32_t>(row[columns.key]),
          .id = id,
          .file = std::nullopt,
          .mode = static_cast<mode_t>(row[columns.permissions] & 0777),
          .uid = static_cast<uid_t>(row[columns.uid]),
          .gid = static_cast<gid_t>(row[columns.gid]),
          .creator_uid = static_cast<uid_t>(row[columns.creator_uid]),
          .creator_gid = static_cast<gid_t>(row[columns.creator_gid]),
          .change_time = static_cast<std::time_t>(row[columns.change_time]),
          .modification_time = std::nullopt,
          .status = std::move(status)};
}

Object object_of_file(const struct stat& file, Reference reference, Api api,
                      decltype(Object::status) status) {
  return {.reference = std::move(reference),
          .api = api,
          .key = std::nullopt,
          .id = std::nullopt,
          .file = FileIdentity{file.st_dev, file.st_ino},
          .mode = file.st_mode & 0777,
          .uid = file.st_uid,
          .gid = file.st_gid,
          .creator_uid = std::nullopt,
          .creator_gid = std::nullopt,
          .change_time = std::nullopt,
          .modification_time = std::max(file.st_mtim, file.st_ctim, is_earlier),
          .status = std::move(status)};
}

Listing list_object_files(const Directory& directory, const LookAtFile& look_at) {
  Listing listing;
  for (const auto& leaf : directory.leaves()) {
    try {
      if (auto object = look_at(directory.descriptor(), leaf)) listing.objects.push_back(std::move(*object));
    } catch (const Error& error) {
      listing.failures.push_back(error);
    }
  }
  return listing;
}

std::optional<Object> pick(const Reference& reference, Listing listing) {
  if (std::holds_alternative<SysvPrivate>(reference.name))
    throw Error::invalid("cannot find 'private'", "it names no existing object",
                         "the reference of one is '@' and its identifier");
  std::optional<std::uint32_t> wanted_key;
  if (const auto* wanted = std::get_if<SysvKey>(&reference.name)) wanted_key = wanted->value;
  if (const auto* file = std::get_if<SysvFileKey>(&reference.name))
    wanted_key = static_cast<std::uint32_t>(file_key(file->path, file->project));
  const auto* wanted_id = std::get_if<SysvId>(&reference.name);
  for (auto& object : listing.objects)
    if (wanted_id ? object.id == wanted_id->value : wanted_key && object.key == wanted_key)
      return std::move(object);
  if (!listing.failures.empty()) throw listing.failures.front();
  return std::nullopt;
}

}  // namespace ipcutils
