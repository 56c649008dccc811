#include "liveness.hpp"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <sys/sysmacros.h>

#include <cstring>
#include <ipcutils/file_descriptor.hpp>
#include <vector>

#include "../core/failure.hpp"

namespace ipcutils {

namespace {

struct Identity {
  std::uint32_t device;  // as the kernel has it: 12 bits of major, 20 of minor number
  std::uint32_t inode;
};

template <typename Raw>
Raw raw_at(const char* data) {
  Raw raw;
  std::memcpy(&raw, data, sizeof raw);
  return raw;
}

bool is_bound_to(const char* attributes, std::size_t size, const Identity& identity) {
  while (size >= sizeof(rtattr)) {
    const auto attribute = raw_at<rtattr>(attributes);
    if (attribute.rta_len < sizeof(rtattr) || attribute.rta_len > size) return false;
    if (attribute.rta_type == UNIX_DIAG_VFS && attribute.rta_len >= RTA_LENGTH(sizeof(unix_diag_vfs))) {
      const auto file = raw_at<unix_diag_vfs>(attributes + RTA_LENGTH(0));
      return file.udiag_vfs_ino == identity.inode && file.udiag_vfs_dev == identity.device;
    }
    const std::size_t step = std::min<std::size_t>(RTA_ALIGN(attribute.rta_len), size);
    attributes += step;
    size -= step;
  }
  return false;
}

// One part of the answer; nothing: more will come.
std::optional<Liveness> look_into(const char* data, std::size_t size, const Identity& identity) {
  while (size >= sizeof(nlmsghdr)) {
    const auto header = raw_at<nlmsghdr>(data);
    if (header.nlmsg_len < sizeof(nlmsghdr) || header.nlmsg_len > size) return Liveness::unknown;
    if (header.nlmsg_type == NLMSG_DONE) return Liveness::dead;
    if (header.nlmsg_type == NLMSG_ERROR) return Liveness::unknown;
    constexpr std::size_t fixed = NLMSG_LENGTH(sizeof(unix_diag_msg));
    if (header.nlmsg_len >= fixed && is_bound_to(data + fixed, header.nlmsg_len - fixed, identity))
      return Liveness::live;
    const std::size_t step = std::min<std::size_t>(NLMSG_ALIGN(header.nlmsg_len), size);
    data += step;
    size -= step;
  }
  return std::nullopt;
}

}  // namespace

Liveness listed_liveness(dev_t device, ino_t inode) {
  const FileDescriptor socket{::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG)};
  if (!socket.is_open()) return Liveness::unknown;
  struct {
    nlmsghdr header;
    unix_diag_req request;
  } message{};
  message.header.nlmsg_len = sizeof message;
  message.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  message.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  message.request.sdiag_family = AF_UNIX;
  message.request.udiag_states = ~0u;  // a socket that is bound and does not listen yet is in use, too
  message.request.udiag_show = UDIAG_SHOW_VFS;
  if (retry_on_eintr([&] { return ::send(socket.get(), &message, sizeof message, 0); }) == -1)
    return Liveness::unknown;

  const Identity identity{major(device) << 20 | minor(device), static_cast<std::uint32_t>(inode)};
  std::vector<char> buffer(32 * 1024);  // no part of a dump is longer
  for (;;) {
    const auto size =
        retry_on_eintr([&] { return ::recv(socket.get(), buffer.data(), buffer.size(), MSG_TRUNC); });
    if (size <= 0 || static_cast<std::size_t>(size) > buffer.size()) return Liveness::unknown;
    if (const auto found = look_into(buffer.data(), static_cast<std::size_t>(size), identity)) return *found;
  }
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
