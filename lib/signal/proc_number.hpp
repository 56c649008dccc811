// The number of a process in /proc. Internal.
#pragma once

#include <sys/types.h>

#include <string>

namespace ipcutils {

// Of the process that a descriptor of pidfd_open(2) refers to, in the PID namespace of /proc, which may be
// another one than that of this process. Throws Error with `attempt`: ESRCH when the process is gone, EACCES
// when it cannot be seen there.
//
// What has been read below /proc of that number is of that process if the number is the same afterwards.
pid_t number_in_proc(int process, const std::string& attempt);

}  // namespace ipcutils
