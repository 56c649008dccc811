// Limits of the kernel. Internal.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ipcutils {

// The number that a file of /proc/sys begins with, by its sysctl(8) name: "fs.mqueue.msg_max". Nothing where
// the kernel has none or no /proc is mounted.
std::optional<std::uint64_t> sysctl(std::string_view name);

// For hints: "fs.mqueue.msg_max (10)", or the name alone.
std::string sysctl_with_value(std::string_view name);

}  // namespace ipcutils
