// Semaphores in the inventory. Internal.
#pragma once

#include <ipcutils/inventory.hpp>
#include <optional>
#include <vector>

namespace ipcutils {

std::vector<Object> list_semaphore_sets(bool contents);    // System V, as in the kernel's table
std::vector<Object> list_named_semaphores(bool contents);  // POSIX, by name
std::optional<Object> find_semaphores(const Reference& reference);

}  // namespace ipcutils
