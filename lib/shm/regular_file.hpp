// Shared memory whose content is a regular file: POSIX objects on tmpfs, and mapped files. Internal.
#pragma once

#include <memory>

#include "backend.hpp"

namespace ipcutils {

std::unique_ptr<SharedMemory::Backend> open_regular_file_if_exists(const Reference& reference, Access access,
                                                                   Trust trust);

SharedMemoryDraft begin_regular_file(const Reference& reference, const SharedMemoryDraft::Options& options);

}  // namespace ipcutils
