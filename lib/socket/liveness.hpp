// Whether a socket file is in use. Internal.
#pragma once

#include <sys/types.h>

#include <ipcutils/socket_address.hpp>

namespace ipcutils {

enum class Liveness { live, dead, unknown };

// Looks for a UNIX socket that is bound to a file, by its device and inode, in the kernel's list of the UNIX
// sockets of this network namespace; sock_diag(7). Unknown when there is no such list.
//
// The list has but 32 bits of the inode, and on some filesystems (btrfs, overlayfs) other numbers than
// stat(2): not in the list is no proof.
Liveness listed_liveness(dev_t device, ino_t inode);

// Asks for the address by a datagram socket, which the kernel compares with the type of the one that is bound
// there, in whatever namespace; ECONNREFUSED means that there is none. A stream socket does not notice, and a
// datagram socket gets nothing. Unknown without permission to write to the file.
Liveness probed_liveness(const SocketAddress& address);

}  // namespace ipcutils
