// Shared memory in the inventory. Internal.
#pragma once

#include <sys/shm.h>

#include <ipcutils/inventory.hpp>
#include <optional>

#include "object.hpp"

namespace ipcutils {

extern const SysvSource<shmid_ds> segment_source;

Listing list_segments();             // System V, as in the kernel's table
Listing list_shared_memory_files();  // POSIX, by name
std::optional<Object> find_shared_memory(const Reference& reference);

}  // namespace ipcutils
