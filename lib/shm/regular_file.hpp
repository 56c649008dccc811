// Shared memory whose content is a regular file: POSIX objects on tmpfs, and mapped files. Internal.
#pragma once

#include <memory>

#include "backend.hpp"
#include "place.hpp"

namespace ipcutils {

std::unique_ptr<SharedMemory::Backend> open_regular_file_if_exists(const Place& place, Access access,
                                                                   Trust trust);

SharedMemoryDraft begin_regular_file(const Place& place, const SharedMemoryDraft::Options& options);

bool remove_regular_file_if_exists(const Place& place);

}  // namespace ipcutils
