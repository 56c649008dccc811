// FIFOs in the inventory. Internal.
#pragma once

#include <ipcutils/inventory.hpp>
#include <optional>

namespace ipcutils {

std::optional<Object> find_fifo(const Reference& reference);

bool remove_fifo_if_exists(const Reference& reference);

}  // namespace ipcutils
