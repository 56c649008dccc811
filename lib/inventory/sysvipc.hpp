// The tables that the kernel shows in /proc/sysvipc; proc(5). Internal.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace ipcutils {

// The columns of a row, as many as the longest has.
using SysvRow = std::array<std::uint64_t, 16>;

// The rows of /proc/sysvipc/TABLE that have so many columns, as numbers, a negative one as its two's
// complement. The third column, the permissions, is read as octal. Empty where the kernel has no System V
// objects or no /proc is mounted.
std::vector<SysvRow> read_sysvipc(const std::string& table, std::size_t column_count);

}  // namespace ipcutils
