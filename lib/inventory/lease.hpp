// Asking the kernel whether a file is in use. Internal.
#pragma once

#include <ipcutils/inventory.hpp>

namespace ipcutils {

// Whether any process on the system, in whatever namespace, has the file behind a POSIX object, or a mapped
// file, open or mapped: a lease for writing is given only to who has it alone; fcntl(2). Unknown without the
// right to take one.
Answer is_in_use(const Object& object);

}  // namespace ipcutils
