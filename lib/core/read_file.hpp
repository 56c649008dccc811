// Small files, such as those of /proc. Internal.
#pragma once

#include <optional>
#include <string>

namespace ipcutils {

// All of a file; nothing when it cannot be opened or read, with errno set.
std::optional<std::string> read_file_if_readable(const std::string& path);

// Where a symbolic link leads; empty when that cannot be read, with errno set.
std::string link_target(const std::string& path);

}  // namespace ipcutils
