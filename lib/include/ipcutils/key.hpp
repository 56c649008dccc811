// System V keys.
#pragma once

#include <sys/types.h>

#include <ipcutils/export.hpp>
#include <string>

namespace ipcutils {

// The key of an existing file and a project number from 1 to 255, as ftok(3) makes it from the file's inode
// and device. Throws Error when the file cannot be looked up.
IPCUTILS_EXPORT key_t file_key(const std::string& path, int project);

}  // namespace ipcutils
