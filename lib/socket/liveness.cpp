#include "liveness.hpp"

#include <sys/socket.h>
#include <sys/sysmacros.h>

#include <cerrno>
#include <ipcutils/file_descriptor.hpp>

#include "unix_list.hpp"

namespace ipcutils {

Liveness listed_liveness(dev_t device, ino_t inode) {
  const ListedSocket::File file{major(device) << 20 | minor(device), static_cast<std::uint32_t>(inode)};
  const auto is_listed = any_listed([&](const ListedSocket& listed) { return listed.file == file; });
  if (!is_listed) return Liveness::unknown;
  return *is_listed ? Liveness::live : Liveness::dead;
}

Liveness probed_liveness(const SocketAddress& address) {
  const FileDescriptor socket{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!socket.is_open()) return Liveness::unknown;
  if (::connect(socket.get(), address.data(), address.size()) == 0) return Liveness::live;
  if (errno == ECONNREFUSED) return Liveness::dead;
  // EPROTOTYPE: a stream or packet socket; EPERM: one that is connected to another.
  return errno == EPROTOTYPE || errno == EPERM ? Liveness::live : Liveness::unknown;
}

}  // namespace ipcutils
