// Where the regular file behind a POSIX object or a mapped file lies. Internal.
#pragma once

#include <ipcutils/reference.hpp>
#include <optional>
#include <string>

namespace ipcutils {

// Linux keeps POSIX shared memory here, and glibc semaphores; shm_overview(7), sem_overview(7).
inline constexpr const char* posix_shm_directory = "/dev/shm";

struct Place {
  Reference reference;    // what the file is the content of
  std::string directory;  // that holds it
  std::string leaf;       // its name there
  std::string path() const { return directory + "/" + leaf; }
  std::string description() const;  // for messages: "shared memory '/frame'", "semaphore '/s'"

  // Whether a symbolic link in its place may be followed: not where anybody can put one, in a directory with
  // the sticky bit.
  bool may_follow_links() const;

  static Place of(const Reference& reference, const PosixName& name);
  static Place of(const Reference& reference, const FilePath& path);
};

}  // namespace ipcutils
