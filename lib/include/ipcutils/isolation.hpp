// A scope of its own for objects.
#pragma once

#include <ipcutils/export.hpp>

namespace ipcutils {

// Moves this process, and with it those that it starts, into a fresh IPC namespace with its own /dev/shm and,
// where there is the directory, /dev/mqueue. Without privilege a user namespace gives the right to do so.
// Everything in it goes with the last process. Throws Error. Manual pages: namespaces(7), unshare(2).
IPCUTILS_EXPORT void isolate();

}  // namespace ipcutils
