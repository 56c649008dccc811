// Message queues in the inventory. Internal.
#pragma once

#include <sys/msg.h>

#include <ipcutils/inventory.hpp>
#include <optional>

#include "object.hpp"

namespace ipcutils {

extern const SysvSource<msqid_ds> queue_source;

Listing list_sysv_queues(bool contents);   // as in the kernel's table
Listing list_posix_queues(bool contents);  // by name
std::optional<Object> find_queue(const Reference& reference);

}  // namespace ipcutils
