// Semaphores in the inventory. Internal.
#pragma once

#include <sys/sem.h>

#include <ipcutils/inventory.hpp>
#include <optional>

#include "object.hpp"

namespace ipcutils {

extern const SysvSource<semid_ds> semaphore_set_source;

Listing list_semaphore_sets(bool contents);    // System V, as in the kernel's table
Listing list_named_semaphores(bool contents);  // POSIX, by name
std::optional<Object> find_semaphores(const Reference& reference);

}  // namespace ipcutils
