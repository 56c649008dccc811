// Asking the kernel whether a file is in use. Internal.
#pragma once

#include <ipcutils/inventory.hpp>

namespace ipcutils {

// Whether any process has the file behind a POSIX object, or a mapped file, open or mapped, as
// is_open_elsewhere() finds out.
Answer is_in_use(const Object& object);

}  // namespace ipcutils
