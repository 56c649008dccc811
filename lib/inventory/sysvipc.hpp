// The tables that the kernel shows in /proc/sysvipc; proc(5). Internal.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ipcutils {

// The rows of /proc/sysvipc/TABLE as numbers, a negative one as its two's complement. The third column, the
// permissions, is read as octal. Empty where the kernel has no System V objects or no /proc is mounted.
std::vector<std::vector<std::uint64_t>> read_sysvipc(const std::string& table);

}  // namespace ipcutils
