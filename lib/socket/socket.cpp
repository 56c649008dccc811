#include <fcntl.h>

#include <algorithm>
#include <array>
#include <ipcutils/datagram.hpp>
#include <ipcutils/quote.hpp>
#include <ipcutils/socket.hpp>
#include <ipcutils/socket_file.hpp>
#include <ipcutils/wait.hpp>

#include "../core/failure.hpp"
#include "../core/socket_option.hpp"
#include "../core/sysctl.hpp"
#include "send_wait.hpp"

namespace ipcutils {

namespace {

void set_nonblocking(int fd, bool on) {
  const int flags = ::fcntl(fd, F_GETFL);
  const int wanted = on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
  if (flags == -1 || (wanted != flags && ::fcntl(fd, F_SETFL, wanted) == -1))
    fail(errno, "cannot set the mode of a socket");
}

int int_option(int socket, int option, const char* noun) {
  if (const auto value = socket_option(socket, option)) return *value;
  fail(errno, "cannot read the {} of a socket", noun);
}

SocketAddress address_by(int (*call)(int, sockaddr*, socklen_t*), int socket, int none, const char* noun) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  const auto* raw = reinterpret_cast<sockaddr*>(&storage);
  if (call(socket, reinterpret_cast<sockaddr*>(&storage), &size) == 0)
    return SocketAddress::from_raw(raw, size);
  if (errno == none) return {};
  fail(errno, "cannot read the {} of a socket", noun);
}

void bind_socket(int socket, const SocketAddress& address) {
  if (::bind(socket, address.data(), address.size()) == 0) return;
  const int errnum = errno;
  throw Error{errnum, fmt::format("cannot bind to {}", quote(address.text())),
              errnum == EACCES && address.is_internet()
                  ? fmt::format("ports below {} are for privileged programs",
                                sysctl_with_value("net.ipv4.ip_unprivileged_port_start"))
                  : ""};
}

// Whether peers can send descriptors with their bytes; before Linux 6.16 they always can.
void set_takes_descriptors(int socket, int value) noexcept {
  constexpr int pass_rights = 83;  // SO_PASSRIGHTS, <asm-generic/socket.h>
  ::setsockopt(socket, SOL_SOCKET, pass_rights, &value, sizeof value);
}

// To close one of them could block.
void refuse_descriptors(int socket) noexcept { set_takes_descriptors(socket, 0); }

int connect_once(int socket, const SocketAddress& address) {
  return ::connect(socket, address.data(), address.size()) == 0 ? 0 : errno;
}

// 0 or the reason why it could not be connected; nothing when time is up. The socket is in non-blocking mode
// before and after.
std::optional<int> connect_by(int socket, const SocketAddress& address, const Deadline& deadline) {
  const int errnum = connect_once(socket, address);
  if (errnum == EINPROGRESS || errnum == EINTR) {
    if (wait_for_event(socket, POLLOUT, deadline) != Waited::ready) return std::nullopt;
    return int_option(socket, SO_ERROR, "error");
  }
  if (errnum != EAGAIN || address.family() != AF_UNIX) return errnum;
  return repeat_until_room(true, deadline, [&](bool may_block) {
    set_nonblocking(socket, !may_block);
    const int again = connect_once(socket, address);
    set_nonblocking(socket, true);
    return again;
  });
}

// TCP allows a socket that happens to get the local port it connects to, to connect to itself.
bool is_connected_to_itself(int socket, const SocketOptions& options) {
  return options.type == SOCK_STREAM && !options.bind && !options.after_bind &&
         local_address(socket) == peer_address(socket);
}

std::optional<FileDescriptor> connect_socket(const SocketAddress& address, const std::string& name,
                                             const SocketOptions& options, const Deadline& deadline) {
  auto socket = open_socket(address.family(), options);
  set_nonblocking(socket.get(), true);
  auto errnum = connect_by(socket.get(), address, deadline);
  if (!errnum) return std::nullopt;
  if (*errnum == 0 && address.is_internet() && is_connected_to_itself(socket.get(), options))
    errnum = ECONNREFUSED;
  if (*errnum != 0) fail(*errnum, "cannot connect to {}", quote(name));
  set_nonblocking(socket.get(), false);
  if (options.type == SOCK_SEQPACKET) mark_packets(socket.get());
  return socket;
}

// Nothing of the other side was reached.
constexpr std::array local_failures{ENETUNREACH, EADDRNOTAVAIL, EAFNOSUPPORT, EINVAL, EACCES, EPERM};

// What accept(2) reports of a connection that has ended already, or that a firewall does not want.
constexpr std::array losses_of_client{ECONNABORTED, ECONNRESET,   EPROTO, ENOPROTOOPT, ENETDOWN, ENETUNREACH,
                                      EHOSTDOWN,    EHOSTUNREACH, ENONET, ETIMEDOUT,   EPERM};

constexpr std::array shortages{EMFILE, ENFILE, ENOBUFS, ENOMEM};

constexpr std::array passing_failures{ECONNREFUSED, ECONNRESET,    ECONNABORTED, ENOENT,   ETIMEDOUT,
                                      EADDRINUSE,   EADDRNOTAVAIL, ENETUNREACH,  ENETDOWN, EHOSTUNREACH,
                                      EHOSTDOWN,    EAGAIN,        ENOBUFS};

template <typename Set>
bool contains(const Set& errnums, int errnum) {
  return std::ranges::find(errnums, errnum) != errnums.end();
}

bool is_local_failure(const Error& error) { return contains(local_failures, error.code().value()); }

}  // namespace

FileDescriptor open_socket(int family, const SocketOptions& options) {
  FileDescriptor socket{::socket(family, options.type | SOCK_CLOEXEC, options.protocol)};
  if (!socket.is_open()) fail(errno, "cannot make a socket");
  if (family == AF_UNIX) refuse_descriptors(socket.get());
  if (options.before_bind) options.before_bind(socket.get());
  if (options.bind) bind_socket(socket.get(), *options.bind);
  if (options.after_bind) options.after_bind(socket.get());
  return socket;
}

std::optional<FileDescriptor> connect_to(const SocketAddress& address, const SocketOptions& options,
                                         const Deadline& deadline) {
  if (const auto path = address.path()) return connect_to_path(*path, options, deadline);
  return connect_socket(address, address.text(), options, deadline);
}

std::optional<FileDescriptor> connect_to_path(const std::string& path, const SocketOptions& options,
                                              const Deadline& deadline) {
  const auto file = SocketFile::open_if_exists(path);
  if (!file) fail(ENOENT, "cannot connect to {}", quote(path));
  return connect_socket(file->address(), path, options, deadline);
}

std::optional<FileDescriptor> connect_to_any(std::span<const SocketAddress> addresses,
                                             const SocketOptions& options, const Deadline& deadline) {
  return connect_to_any(addresses, deadline, [&](const SocketAddress& address, const Deadline& until) {
    return connect_to(address, options, until);
  });
}

std::optional<FileDescriptor> connect_to_any(
    std::span<const SocketAddress> addresses, const Deadline& deadline,
    const std::function<std::optional<FileDescriptor>(const SocketAddress&, const Deadline&)>& connect) {
  if (addresses.empty()) throw Error::invalid("cannot connect", "there is no address");
  std::optional<Error> error;
  bool is_late = false;
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    const auto remaining = deadline.remaining();
    const auto share =
        remaining == unlimited ? unlimited : remaining / static_cast<Duration::rep>(addresses.size() - i);
    try {
      if (auto socket = connect(addresses[i], deadline.within(share))) return socket;
      is_late = true;
    } catch (const Error& failure) {
      if (!error || (is_local_failure(*error) && !is_local_failure(failure))) error.emplace(failure);
    }
  }
  if (is_late) return std::nullopt;
  throw *error;
}

std::optional<FileDescriptor> retry_until(
    const Deadline& deadline, const Retry& retry,
    const std::function<std::optional<FileDescriptor>(const Deadline&)>& attempt) {
  auto pause = retry.first_pause;
  for (std::uint64_t made = 1;; ++made) {
    try {
      if (auto socket = attempt(deadline)) return socket;
      if (deadline.has_passed()) return std::nullopt;
    } catch (const Error& error) {
      if (made >= retry.attempts || !contains(passing_failures, error.code().value())) throw;
    }
    if (deadline.has_passed()) return std::nullopt;
    pause_until(deadline.within(pause));
    pause = std::min(pause * 2, retry.longest_pause);
  }
}

Listener Listener::on(FileDescriptor socket, int backlog, std::string name) {
  if (::listen(socket.get(), backlog) != 0) fail(errno, "cannot listen on {}", quote(name));
  set_nonblocking(socket.get(), true);  // who waits may be gone between poll(2) and accept(2)
  const int type = socket_type(socket.get());
  return {std::move(socket), std::move(name), type};
}

std::optional<AcceptedSocket> Listener::accept(const Deadline& deadline) {
  using std::chrono::milliseconds;
  for (auto pause = milliseconds{1};;) {
    sockaddr_storage storage{};
    auto* raw = reinterpret_cast<sockaddr*>(&storage);
    socklen_t size = sizeof storage;
    FileDescriptor socket{::accept4(m_socket.get(), raw, &size, SOCK_CLOEXEC)};
    if (socket.is_open()) {
      if (m_type == SOCK_SEQPACKET) mark_packets(socket.get());
      if (raw->sa_family == AF_UNIX) refuse_descriptors(socket.get());
      return AcceptedSocket{std::move(socket), SocketAddress::from_raw(raw, size)};
    }
    const int errnum = errno;
    if (errnum == EAGAIN) {
      if (wait_for_event(m_socket.get(), POLLIN, deadline) != Waited::ready) return std::nullopt;
    } else if (contains(shortages, errnum)) {
      if (deadline.has_passed()) return std::nullopt;
      pause_until(deadline.within(pause));
      pause = std::min(pause * 2, milliseconds{50});
    } else if (errnum == EINTR || contains(losses_of_client, errnum)) {
      if (deadline.has_passed()) return std::nullopt;
    } else {
      fail(errnum, "cannot accept a connection on {}", quote(m_name));
    }
  }
}

SocketAddress Listener::local_address() const { return ipcutils::local_address(m_socket.get()); }

Listener listen_on(const SocketAddress& address, int backlog, SocketOptions options) {
  options.bind = address;
  return Listener::on(open_socket(address.family(), options), backlog, address.text());
}

void fill(int socket) noexcept {
  const std::array<char, 65536> filling{};
  while (::send(socket, filling.data(), filling.size(), MSG_DONTWAIT | MSG_NOSIGNAL) > 0) continue;
}

void bind_to_any_name(int socket) {
  const sockaddr nameless{AF_UNIX, {}};
  if (::bind(socket, &nameless, sizeof nameless.sa_family) != 0)
    fail(errno, "cannot bind to a name of its own");
}

void accept_descriptors(int socket) noexcept { set_takes_descriptors(socket, 1); }

void connect_datagrams(int socket, const SocketAddress& peer) {
  if (::connect(socket, peer.data(), peer.size()) != 0)
    fail(errno, "cannot connect to {}", quote(peer.text()));
}

void set_socket_option(int socket, int level, int name, std::span<const std::byte> value) {
  if (::setsockopt(socket, level, name, value.data(), static_cast<socklen_t>(value.size())) != 0)
    fail(errno, "cannot set the option");
}

void set_socket_option(int socket, int level, int name, int value) {
  set_socket_option(socket, level, name, std::as_bytes(std::span{&value, 1}));
}

SocketAddress local_address(int socket) { return address_by(::getsockname, socket, 0, "address"); }

SocketAddress peer_address(int socket) { return address_by(::getpeername, socket, ENOTCONN, "peer"); }

int socket_type(int socket) { return int_option(socket, SO_TYPE, "type"); }

int socket_family(int socket) { return int_option(socket, SO_DOMAIN, "family"); }

std::optional<PeerCredentials> peer_credentials(int socket) {
  if (socket_family(socket) != AF_UNIX) return std::nullopt;
  ucred raw{};
  socklen_t size = sizeof raw;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &raw, &size) != 0)
    fail(errno, "cannot read the credentials of a peer");
  if (raw.uid == static_cast<uid_t>(-1)) return std::nullopt;
  return PeerCredentials{raw.pid, raw.uid, raw.gid};
}

}  // namespace ipcutils
