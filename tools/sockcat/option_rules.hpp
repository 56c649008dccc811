// Which options of an address need or exclude others.
#pragma once

#include "grammar.hpp"

namespace ipcutils::sockcat {

// Throws Error (EINVAL) that names an option that has no effect beside the other options of its address.
void require_effective_options(const AddressSpec& spec);

}  // namespace ipcutils::sockcat
