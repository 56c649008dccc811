// Room in file systems. Internal.
#pragma once

#include <ipcutils/reference.hpp>
#include <string>

namespace ipcutils {

// The hint for an error of an open file: with ENOSPC, how large its file system is, and what is free of it
// once a file that has no name is closed. Empty for other errors, and where the file system has no limit.
std::string hint_at_room(int errnum, int file, const Reference& reference);

}  // namespace ipcutils
