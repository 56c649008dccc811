// Small files, such as those of /proc. Internal.
#pragma once

#include <optional>
#include <string>

namespace ipcutils {

// All of a file; nothing when it cannot be opened or read, with errno set.
std::optional<std::string> read_file_if_readable(const std::string& path);

}  // namespace ipcutils
