// What a process has mapped: /proc/PID/maps, proc(5). Internal.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <functional>
#include <ipcutils/inventory.hpp>
#include <optional>
#include <string_view>

namespace ipcutils {

struct Mapping {
  std::uint64_t begin, end;  // addresses
  std::uint64_t offset;      // of its begin in the file
  FileIdentity file;         // inode 0: of none, or of segment 0
  std::string_view path;     // "/SYSV…" for a segment, whose identifier is the inode
};

// Calls `use` for each mapping of a process. False, with errno, when they may not be looked at.
bool for_each_mapping(pid_t pid, const std::function<void(const Mapping&)>& use);

// What is mapped. Nothing without the privilege to look at it, CAP_SYS_ADMIN, or when it has gone.
std::optional<struct stat> status_behind(pid_t pid, const Mapping& mapping);

}  // namespace ipcutils
