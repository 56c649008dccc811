// Asking the kernel whether a file is in use. Internal.
#pragma once

#include <optional>

namespace ipcutils {

// Whether any process on the system, in whatever namespace, has a file open or mapped otherwise than by this
// descriptor: a lease for writing is given only to who has it alone; fcntl(2). Nothing without the right to
// take one.
std::optional<bool> is_open_elsewhere(int file);

}  // namespace ipcutils
