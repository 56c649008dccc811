// Addresses of sockets.
#pragma once

#include <netdb.h>
#include <sys/socket.h>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <ipcutils/export.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ipcutils {

// The address of one end of a socket, as the kernel takes it and as people write it; or none (AF_UNSPEC).
// A value: cheap to copy, compared by what it means. Families are AF_INET, AF_INET6 and AF_UNIX of
// socket(2); others are kept as they are, and only their bytes are compared. Manual pages: ip(7), ipv6(7),
// unix(7).
//
//   text              is
//   127.0.0.1:80      IPv4
//   [::1]:80          IPv6, with a scope [fe80::1%eth0]:80
//   /path  ./path     a UNIX socket in the file system: a text with a slash
//   @name             an abstract UNIX socket, of any bytes: \NNN (octal), \n, \t, and \\ for a backslash
//   @                 a UNIX socket without a name, as that of most clients
class IPCUTILS_EXPORT SocketAddress {
 public:
  // Bytes that sockaddr_un takes of a path or an abstract name. See SocketFile for longer paths.
  static constexpr std::size_t longest_path = 107;

  SocketAddress() noexcept = default;

  // What a system call has written: `size` bytes at `data`. Bytes over those of sockaddr_storage are ignored.
  static SocketAddress from_raw(const sockaddr* data, socklen_t size) noexcept;

  // See the table. Host names are not resolved, see resolve(). Errors: EINVAL, with what is wrong;
  // ENAMETOOLONG.
  static SocketAddress parse(std::string_view text);

  // `name` without brackets: 127.0.0.1, ::1, fe80::1%eth0 or fe80::1%2; nothing when it is no such number.
  static std::optional<SocketAddress> parse_host_if_numeric(std::string_view name, std::uint16_t port = 0);

  // A UNIX socket in the file system. Errors: EINVAL (empty, or with a NUL), ENAMETOOLONG.
  static SocketAddress of_path(std::string_view path);

  // The abstract UNIX socket of these bytes, of which there may be any. Errors: EINVAL (none), ENAMETOOLONG.
  static SocketAddress abstract(std::string_view name);

  // 127.0.0.1 or ::1, reachable from this host alone; and 0.0.0.0 or ::, all interfaces. `family` is AF_INET
  // or AF_INET6, else it is an error (EAFNOSUPPORT).
  static SocketAddress loopback(int family, std::uint16_t port = 0);
  static SocketAddress any(int family, std::uint16_t port = 0);

  int family() const noexcept { return m_storage.ss_family; }
  bool is_internet() const noexcept { return family() == AF_INET || family() == AF_INET6; }
  bool is_abstract() const noexcept { return abstract_name().has_value(); }
  bool is_multicast() const noexcept;  // an IPv4 or IPv6 group
  bool is_loopback() const noexcept;   // 127/8, ::1, and 127/8 as IPv6

  // The number of the host, without brackets; empty for other families.
  std::string host() const;
  // The same in network byte order, 4 or 16 bytes of this address.
  std::span<const std::byte> host_bytes() const noexcept;
  // In host byte order; nothing for other families.
  std::optional<std::uint16_t> port() const noexcept;
  // The index of the interface in an IPv6 address, or 0.
  std::uint32_t scope() const noexcept;
  // Of a UNIX socket, either of them or none.
  std::optional<std::string> path() const;
  std::optional<std::string> abstract_name() const;

  // The same host with another port. Other families: the same.
  SocketAddress with_port(std::uint16_t port) const noexcept;

  // As in the table; parse() takes it back, but for a path without a slash. Empty for AF_UNSPEC, `family N`
  // for others.
  std::string text() const;

  // For system calls.
  const sockaddr* data() const noexcept;
  socklen_t size() const noexcept { return m_size; }

  friend bool operator==(const SocketAddress& left, const SocketAddress& right) noexcept {
    return compare(left, right) == 0;
  }
  friend bool operator<(const SocketAddress& left, const SocketAddress& right) noexcept {
    return compare(left, right) < 0;
  }

 private:
  static std::strong_ordering compare(const SocketAddress& left, const SocketAddress& right) noexcept;

  sockaddr_storage m_storage{};
  socklen_t m_size = 0;
};

// "[::1]" without its brackets; anything else as it is.
IPCUTILS_EXPORT std::string_view without_brackets(std::string_view host);

enum class AddressOrder { ipv4_first, ipv6_first };

struct ResolveOptions {
  int family = AF_UNSPEC;  // AF_INET or AF_INET6: these alone
  int type = SOCK_STREAM;  // for which `service` is looked up; 0: any
  AddressOrder order = AddressOrder::ipv4_first;
  bool numeric_only = false;  // no names, neither of hosts nor of services
};

// All addresses of a host and a service, each once, in the order of the options. `host` is a name or a
// number, an IPv6 one with brackets or without; `service` a name or a port, empty for 0. Numbers are
// understood without getaddrinfo(3). Names block as long as that takes, which no deadline can bound. Errors:
// what getaddrinfo(3) says as reason, with EAGAIN for what may pass, ENOENT for what does not exist,
// EAFNOSUPPORT, EINVAL for a service, ENOMEM; else errno.
IPCUTILS_EXPORT std::vector<SocketAddress> resolve(const std::string& host, const std::string& service,
                                                   const ResolveOptions& options = {});

}  // namespace ipcutils
