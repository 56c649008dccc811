// The options of an address that count for each descriptor that carries data.
#pragma once

#include "channel.hpp"
#include "grammar.hpp"

namespace ipcutils::sockcat {

// Capacity of pipes, owner and permissions. Throws Error.
void set_descriptor_options(const Channel& channel, const AddressSpec& spec);

}  // namespace ipcutils::sockcat
