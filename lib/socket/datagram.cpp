#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <ipcutils/datagram.hpp>
#include <ipcutils/quote.hpp>
#include <ipcutils/wait.hpp>
#include <memory>

#include "../core/failure.hpp"
#include "../core/socket_option.hpp"
#include "send_wait.hpp"
#include "unix_list.hpp"

namespace ipcutils {

namespace {

// What comes beside the data. There is room for what has a use, and for some descriptors, which are closed.
struct Ancillary {
  std::optional<PeerCredentials> credentials;
  bool has_stamp = false;
};

Ancillary take_ancillary(msghdr& message) {
  Ancillary result;
  for (auto* entry = CMSG_FIRSTHDR(&message); entry != nullptr; entry = CMSG_NXTHDR(&message, entry)) {
    if (entry->cmsg_level != SOL_SOCKET) continue;
    if (entry->cmsg_type == SCM_TIMESTAMP) result.has_stamp = true;
    if (entry->cmsg_type == SCM_CREDENTIALS) {
      ucred raw;
      std::memcpy(&raw, CMSG_DATA(entry), sizeof raw);
      result.credentials = PeerCredentials{raw.pid, raw.uid, raw.gid};
    }
    if (entry->cmsg_type == SCM_RIGHTS) {
      for (std::size_t at = CMSG_LEN(0); at + sizeof(int) <= entry->cmsg_len; at += sizeof(int)) {
        int fd;
        std::memcpy(&fd, reinterpret_cast<const char*>(entry) + at, sizeof fd);
        ::close(fd);
      }
    }
  }
  return result;
}

bool has_peer_closed(int socket) {
  pollfd entry{socket, POLLRDHUP, 0};
  wait_for_events({&entry, 1}, Deadline::immediate());
  return (entry.revents & (POLLRDHUP | POLLHUP)) != 0;
}

// Whether no byte means that nothing will come any more.
bool is_end_of_packets(int socket, const Ancillary& ancillary) {
  if (socket_type(socket) != SOCK_SEQPACKET || ancillary.has_stamp) return false;
  return socket_option(socket, SO_TIMESTAMP).value_or(0) != 0 || has_peer_closed(socket);
}

template <typename Value>
void set_option(int socket, int level, int option, const Value& value, const char* attempt) {
  if (::setsockopt(socket, level, option, &value, sizeof value) != 0) fail(errno, "{}", attempt);
}

void change_membership(int socket, const SocketAddress& group, const std::string& interface, int option,
                       const char* verb) {
  const auto attempt = [&] { return fmt::format("cannot {} group {}", verb, quote(group.host())); };
  if (!group.is_multicast()) throw Error::invalid(attempt(), "it is no multicast address");
  group_req request{};
  request.gr_interface = interface.empty() ? group.scope() : interface_index(interface);
  std::memcpy(&request.gr_group, group.data(), group.size());
  const int level = group.family() == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP;
  if (::setsockopt(socket, level, option, &request, sizeof request) != 0) fail(errno, "{}", attempt());
}

// Without this, the socket would hear what comes to groups and interfaces that others have joined.
void hear_own_groups_alone(int socket) {
  constexpr int off = 0;
  if (socket_family(socket) == AF_INET6)
    ::setsockopt(socket, IPPROTO_IPV6, IPV6_MULTICAST_ALL, &off, sizeof off);
  else
    ::setsockopt(socket, IPPROTO_IP, IP_MULTICAST_ALL, &off, sizeof off);
}

}  // namespace

bool send_to(int socket, std::span<const std::byte> data, const std::optional<SocketAddress>& to,
             const Deadline& deadline) {
  const auto send = [&](int flags) {
    return ::sendto(socket, data.data(), data.size(), flags | MSG_NOSIGNAL, to ? to->data() : nullptr,
                    to ? to->size() : 0) < 0
               ? errno
               : 0;
  };
  for (;;) {
    std::optional<int> errnum = send(MSG_DONTWAIT);
    if (errnum == EAGAIN && to && to->family() == AF_UNIX) {
      const bool may_block = (::fcntl(socket, F_GETFL) & O_NONBLOCK) == 0;
      errnum = repeat_until_room(may_block, deadline,
                                 [&](bool blocks) { return send(blocks ? 0 : MSG_DONTWAIT); });
      if (!errnum) return false;
    }
    if (errnum == 0) return true;
    if (errnum == EAGAIN) {
      if (wait_for_event(socket, POLLOUT, deadline) != Waited::ready) return false;
    } else if (errnum != EINTR) {
      fail(*errnum, "cannot send a datagram of {} bytes{}", data.size(),
           to ? " to " + quote(to->text()) : "");
    }
  }
}

std::optional<uid_t> owner_of_receiver(const SocketAddress& abstract_name) {
  const auto name = std::string(1, '\0') + abstract_name.abstract_name().value();
  std::optional<uid_t> owner;
  any_listed([&](const ListedSocket& listed) {
    if (listed.type != SOCK_DGRAM || listed.name != name) return false;
    owner = listed.owner;
    return true;
  });
  return owner;
}

std::optional<Datagram> receive_from(int socket, std::span<std::byte> buffer, const Deadline& deadline) {
  for (;;) {
    sockaddr_storage storage{};
    alignas(cmsghdr) std::array<char, 128> control;
    iovec part{buffer.data(), buffer.size()};
    msghdr message{};
    message.msg_name = &storage;
    message.msg_namelen = sizeof storage;
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const auto count = ::recvmsg(socket, &message, MSG_DONTWAIT | MSG_TRUNC | MSG_CMSG_CLOEXEC);
    if (count < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN) fail(errno, "cannot receive a datagram");
      if (wait_for_event(socket, POLLIN, deadline) != Waited::ready) return std::nullopt;
      continue;
    }
    const auto ancillary = take_ancillary(message);
    const auto size = static_cast<std::size_t>(count);
    if (size > buffer.size())
      throw Error::because(EMSGSIZE, "cannot receive a datagram",
                           fmt::format("it has {} bytes, and there is room for {}", size, buffer.size()));
    return Datagram{size,
                    SocketAddress::from_raw(static_cast<sockaddr*>(message.msg_name), message.msg_namelen),
                    ancillary.credentials, size == 0 && is_end_of_packets(socket, ancillary)};
  }
}

void mark_packets(int socket) {
  set_option(socket, SOL_SOCKET, SO_TIMESTAMP, int{1}, "cannot let packets have time stamps");
}

unsigned interface_index(const std::string& interface) {
  if (interface.empty()) return 0;
  if (const auto index = ::if_nametoindex(interface.c_str()); index != 0) return index;
  const auto refuse = [&](int errnum) { fail(errnum, "cannot use interface {}", quote(interface)); };
  const bool is_number =
      std::all_of(interface.begin(), interface.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (is_number && interface.size() < 10) {
    char name[IF_NAMESIZE];
    const auto index = static_cast<unsigned>(std::stoul(interface));
    if (::if_indextoname(index, name) != nullptr) return index;
    refuse(ENODEV);
  }
  const auto wanted = SocketAddress::parse_host_if_numeric(interface);
  if (!wanted) refuse(ENODEV);
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) refuse(errno);
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> list{first, ::freeifaddrs};
  for (const auto* entry = first; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr || entry->ifa_addr->sa_family != wanted->family()) continue;
    const auto size = wanted->family() == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    const auto address = SocketAddress::from_raw(entry->ifa_addr, static_cast<socklen_t>(size));
    // A link-local address has a scope there, which need not be told here.
    if (address == *wanted ||
        (wanted->scope() == 0 && address.host().substr(0, address.host().find('%')) == wanted->host()))
      return ::if_nametoindex(entry->ifa_name);
  }
  refuse(ENODEV);
  return 0;
}

void join_group(int socket, const SocketAddress& group, const std::string& interface) {
  change_membership(socket, group, interface, MCAST_JOIN_GROUP, "join");
  hear_own_groups_alone(socket);
}

void leave_group(int socket, const SocketAddress& group, const std::string& interface) {
  change_membership(socket, group, interface, MCAST_LEAVE_GROUP, "leave");
}

void set_multicast_interface(int socket, const std::string& interface) {
  constexpr auto attempt = "cannot set the interface of multicast";
  const auto index = static_cast<int>(interface_index(interface));
  if (socket_family(socket) == AF_INET6)
    return set_option(socket, IPPROTO_IPV6, IPV6_MULTICAST_IF, index, attempt);
  ip_mreqn request{};
  request.imr_ifindex = index;
  set_option(socket, IPPROTO_IP, IP_MULTICAST_IF, request, attempt);
}

void receive_by_interface_alone(int socket, const std::string& interface) {
  const auto index = static_cast<int>(interface_index(interface));
  if (socket_family(socket) == AF_INET6)
    ::setsockopt(socket, SOL_SOCKET, SO_BINDTOIFINDEX, &index, sizeof index);
}

}  // namespace ipcutils
