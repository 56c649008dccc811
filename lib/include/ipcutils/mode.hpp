// Permissions of objects.
#pragma once

#include <sys/types.h>

#include <ipcutils/export.hpp>
#include <string_view>

namespace ipcutils {

// The permission bits that text gives, octal ("640") or symbolic as chmod(1) takes it ("u=rw,g+r"), in which
// case they are changes to `base`. Without u, g, o or a a clause means everybody: the umask does not apply to
// objects of interprocess communication. Set-user-ID, set-group-ID and sticky bits are refused.
IPCUTILS_EXPORT mode_t parse_mode(std::string_view text, mode_t base);

}  // namespace ipcutils
