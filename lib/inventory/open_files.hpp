// What a process has open: /proc/PID/fd, proc(5). Internal.
#pragma once

#include <sys/stat.h>

#include <functional>
#include <string>

namespace ipcutils {

// Calls `use` for each regular file and FIFO that a process has open, with the link in /proc that leads to
// it. False when they may not all be looked at. A process that has ended has none.
using UseOpenFile = std::function<void(const std::string& link, const struct stat& file)>;
bool for_each_open_file(pid_t pid, const UseOpenFile& use);

}  // namespace ipcutils
