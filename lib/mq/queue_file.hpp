// POSIX message queues as files. Internal.
#pragma once

#include <ipcutils/file_descriptor.hpp>
#include <ipcutils/reference.hpp>

namespace ipcutils {

// Opens a queue by its name; `flags` are those of mq_open(3), without O_CREAT. On Linux the descriptor is
// that of a file. -1 and errno on failure.
FileDescriptor open_queue(const PosixName& name, int flags);

// The queues of this process's IPC namespace as a directory. Errors: EINVAL where no mqueue file system is
// mounted, and none can be.
FileDescriptor open_queue_directory();

// The file of a queue by O_PATH, which takes no permission; -1 and errno on failure. Throws as
// open_queue_directory().
FileDescriptor open_queue_file(const PosixName& name);

}  // namespace ipcutils
