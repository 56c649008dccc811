// POSIX message queues as files. Internal.
#pragma once

#include <ipcutils/file_descriptor.hpp>
#include <ipcutils/reference.hpp>

namespace ipcutils {

// Opens a queue by its name; `flags` are those of mq_open(3), without O_CREAT. On Linux the descriptor is
// that of a file. -1 and errno on failure. While somebody has a lease on the queue, the first waits for it, a
// second at most, and the other fails (EAGAIN).
FileDescriptor open_queue(const PosixName& name, int flags);
FileDescriptor try_open_queue(const PosixName& name, int flags);

// The queues of this process's IPC namespace as a directory. Errors: ENODEV where none can be mounted, and at
// /dev/mqueue there is none, or that of another namespace; EACCES.
FileDescriptor open_queue_directory();

// The file of a queue by O_PATH, which takes no permission; -1 and errno on failure. Throws as
// open_queue_directory().
FileDescriptor open_queue_file(const PosixName& name);

}  // namespace ipcutils
