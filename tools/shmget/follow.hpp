// shmget --follow: the content of an object, again each time it has changed.
#pragma once

#include <ipcutils/shared_memory.hpp>

#include "options.hpp"

namespace ipcutils::shmget {

// Writes versions of the object, each complete, to standard output until it is removed or as many as wanted
// have been written, and returns the exit status. Throws Error (EPIPE) as soon as nobody reads them any more.
int follow(SharedMemory first, const Options& options);

}  // namespace ipcutils::shmget
