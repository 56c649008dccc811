// Message queues in the inventory. Internal.
#pragma once

#include <ipcutils/inventory.hpp>
#include <optional>
#include <vector>

namespace ipcutils {

std::vector<Object> list_sysv_queues(bool contents);   // as in the kernel's table
std::vector<Object> list_posix_queues(bool contents);  // by name
std::optional<Object> find_queue(const Reference& reference);

}  // namespace ipcutils
