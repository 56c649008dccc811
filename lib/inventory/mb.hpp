// Mailboxes in the inventory. Internal.
#pragma once

#include <ipcutils/inventory.hpp>
#include <optional>

#include "object.hpp"

namespace ipcutils {

Listing list_mailboxes();  // by name

// Throws Error (EINVAL) for a file that is no mailbox.
std::optional<Object> find_mailbox(const Reference& reference);

}  // namespace ipcutils
