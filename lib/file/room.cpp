#include "room.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <cerrno>
#include <cstdint>

#include "object_file.hpp"

namespace ipcutils {

namespace {

// What goes with the descriptor: a file without a name was not there before the error, either.
std::uint64_t bytes_without_name(int file) {
  struct stat status;
  if (::fstat(file, &status) != 0 || status.st_nlink > 0) return 0;
  return static_cast<std::uint64_t>(status.st_blocks) * 512;
}

}  // namespace

std::string hint_at_room(int errnum, int file, const Reference& reference) {
  struct statvfs status;
  if (errnum != ENOSPC || ::fstatvfs(file, &status) != 0 || status.f_blocks == 0) return {};
  const bool is_posix = std::holds_alternative<PosixName>(reference.name);
  return fmt::format("{} has {} bytes, and {} of them are free",
                     is_posix ? posix_shm_directory : "its file system", status.f_blocks * status.f_frsize,
                     status.f_bavail * status.f_frsize + bytes_without_name(file));
}

}  // namespace ipcutils
