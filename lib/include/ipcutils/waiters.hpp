// Which processes wait for which semaphores.
#pragma once

#include <ipcutils/export.hpp>
#include <ipcutils/inventory.hpp>
#include <span>

namespace ipcutils {

// Fills in the waiters of those objects that are semaphores whose state is known. If the kernel (System V) or
// the C library (POSIX) counts some, it looks once at the system call that each thread of /proc sleeps in,
// which takes the right to trace its process, ptrace(2). Who may not be looked at, or waits by another call
// than semop(2), semtimedop(2) and those of glibc's sem_wait(3), is counted as unknown.
IPCUTILS_EXPORT void look_for_waiters(std::span<Object> objects);

}  // namespace ipcutils
