// Whose files may be used. Internal.
#pragma once

#include <sys/types.h>

#include <ipcutils/access.hpp>
#include <ipcutils/reference.hpp>

namespace ipcutils {

// Throws Error (EPERM) unless the owner of the file behind an object is trusted.
void require_trusted_owner(uid_t owner, const Reference& reference, Trust trust);

}  // namespace ipcutils
