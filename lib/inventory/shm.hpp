// Shared memory in the inventory. Internal.
#pragma once

#include <ipcutils/inventory.hpp>
#include <optional>
#include <vector>

namespace ipcutils {

std::vector<Object> list_segments();             // System V, as in the kernel's table
std::vector<Object> list_shared_memory_files();  // POSIX, by name
std::optional<Object> find_shared_memory(const Reference& reference);

}  // namespace ipcutils
