// The PID namespace of this process. Internal.
#pragma once

#include <sys/stat.h>

#include <optional>

namespace ipcutils {

// As the inode of /proc/PID/ns/pid, which tells namespaces apart; nothing without /proc.
inline std::optional<ino_t> own_pid_namespace() noexcept {
  struct stat status;
  return ::stat("/proc/self/ns/pid", &status) == 0 ? std::optional{status.st_ino} : std::nullopt;
}

}  // namespace ipcutils
