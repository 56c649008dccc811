// Objects whose content is a regular file: POSIX shared memory and semaphores on tmpfs, and mapped files.
// Internal.
#pragma once

#include <fcntl.h>

#include <ipcutils/file_descriptor.hpp>
#include <memory>

#include "backend.hpp"
#include "place.hpp"

namespace ipcutils {

// Opens the file at a place, O_RDONLY, O_WRONLY or O_RDWR; none (-1) when it is missing. Owner, type and
// links are checked as SharedMemory::open_if_exists() says.
FileDescriptor open_regular_file(const Place& place, int access_mode, Trust trust);

std::unique_ptr<SharedMemory::Backend> open_regular_file_if_exists(const Place& place, Access access,
                                                                   Trust trust);

SharedMemoryDraft begin_regular_file(const Place& place, const SharedMemoryDraft::Options& options);

bool remove_regular_file_if_exists(const Place& place);

}  // namespace ipcutils
