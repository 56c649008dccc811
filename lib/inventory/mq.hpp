// Message queues in the inventory. Internal.
#pragma once

#include <ipcutils/file_descriptor.hpp>
#include <ipcutils/inventory.hpp>
#include <optional>
#include <vector>

namespace ipcutils {

std::vector<Object> list_sysv_queues(bool contents);   // as in the kernel's table
std::vector<Object> list_posix_queues(bool contents);  // by name
std::optional<Object> find_queue(const Reference& reference);

// A queue that may not be opened, by O_PATH, which takes no permission; errno where there is none. Throws
// where queues cannot be listed.
FileDescriptor open_queue_file(const PosixName& name);

}  // namespace ipcutils
