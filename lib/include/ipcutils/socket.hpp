// Sockets: making them, connecting, listening, and who is at the other end.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <ipcutils/deadline.hpp>
#include <ipcutils/export.hpp>
#include <ipcutils/file_descriptor.hpp>
#include <ipcutils/socket_address.hpp>
#include <optional>
#include <span>
#include <string>

namespace ipcutils {

class SocketFile;

// Sets options of a socket by its descriptor, which it does not own. What it throws ends what called it.
using SocketHook = std::function<void(int socket)>;

// How a socket is made. Every socket of the library is close-on-exec.
struct SocketOptions {
  int type = SOCK_STREAM;               // SOCK_STREAM, SOCK_DGRAM or SOCK_SEQPACKET
  int protocol = 0;                     // 0: the usual one of family and type
  std::optional<SocketAddress> bind{};  // the local address; of listening sockets that is the address itself
  SocketHook before_bind{};             // for a new socket; also where nothing is bound
  SocketHook after_bind{};              // before it is connected or listens
};

// A new socket of this address' family, bound if the options say so, not connected, in blocking mode.
// Errors: those of socket(2) and bind(2), with the address that could not be bound.
IPCUTILS_EXPORT FileDescriptor open_socket(int family, const SocketOptions& options = {});

// A new socket connected to `address`, in blocking mode; nothing when `deadline` has passed before, and no
// wait goes beyond it. An immediate deadline is one attempt that does not wait. A UNIX socket whose backlog
// is full is waited for as well. A new SOCK_SEQPACKET socket has mark_packets(). Errors: ECONNREFUSED,
// ENOENT, ETIMEDOUT (the kernel's own patience), ENETUNREACH and others of connect(2), with the address.
//
// A path is opened first, and refused if it is a symbolic link in a sticky directory, see SocketFile.
IPCUTILS_EXPORT std::optional<FileDescriptor> connect_to(const SocketAddress& address,
                                                         const SocketOptions& options,
                                                         const Deadline& deadline);

// The same for the UNIX socket at a path of any length. Errors: ENOENT, ENOTSOCK, ELOOP, ….
IPCUTILS_EXPORT std::optional<FileDescriptor> connect_to_path(const std::string& path,
                                                              const SocketOptions& options,
                                                              const Deadline& deadline);

// The same for the first address of several that answers, as resolve() returns them; each gets its share of
// the time that is left. Nothing when none has answered in time. If all have failed, the Error is that of the
// first one that could be reached at all. No address at all is an error (EINVAL).
IPCUTILS_EXPORT std::optional<FileDescriptor> connect_to_any(std::span<const SocketAddress> addresses,
                                                             const SocketOptions& options,
                                                             const Deadline& deadline);

// The same where each address needs options of its own: `connect` gets one address and the end of its share.
IPCUTILS_EXPORT std::optional<FileDescriptor> connect_to_any(
    std::span<const SocketAddress> addresses, const Deadline& deadline,
    const std::function<std::optional<FileDescriptor>(const SocketAddress& address, const Deadline& until)>&
        connect);

// When an attempt that failed is made again.
struct Retry {
  std::uint64_t attempts = ~std::uint64_t{0};            // at least one is made
  Duration first_pause = std::chrono::milliseconds{10};  // doubled after each attempt
  Duration longest_pause = std::chrono::seconds{1};
};

// Calls `attempt` (to connect, or to listen) until it returns a socket, with pauses. Nothing when `deadline`
// has passed, or when `attempt` returns nothing because of it; what `attempt` throws is thrown after the last
// attempt, or if it does not pass by itself when the other side appears or the network comes back, as
// ECONNREFUSED, ENOENT, ETIMEDOUT, EADDRINUSE, ENETUNREACH, … do. At least one attempt is made.
IPCUTILS_EXPORT std::optional<FileDescriptor> retry_until(
    const Deadline& deadline, const Retry& retry,
    const std::function<std::optional<FileDescriptor>(const Deadline&)>& attempt);

// A connection that a Listener has accepted.
struct AcceptedSocket {
  FileDescriptor socket;  // in blocking mode
  SocketAddress peer;     // @ for most UNIX sockets
};

// A socket that listens for connections. Move-only; closing it refuses those who wait in its backlog. It
// may be shared by several processes or threads that accept.
class IPCUTILS_EXPORT Listener {
 public:
  // Takes a socket that is bound, and listens. `backlog`: connections that may wait to be accepted, at most
  // net.core.somaxconn. `name` is for messages. Errors: those of listen(2).
  static Listener on(FileDescriptor socket, int backlog, std::string name);

  // The next connection; nothing when `deadline` has passed. An immediate deadline takes one that waits.
  // Clients that have gone before (ECONNABORTED and what else accept(2) reports of the new connection) are
  // left out. Without a free descriptor or memory (EMFILE, ENFILE, ENOBUFS, ENOMEM) clients stay in the
  // backlog, and it is tried again after 1 to 50 ms until the deadline: descriptors of this process that only
  // the caller can close need one that passes. Errors: all others of accept(2).
  std::optional<AcceptedSocket> accept(const Deadline& deadline);

  // Where it listens, with the port that the kernel has chosen for port 0.
  SocketAddress local_address() const;

  // For poll(2), POLLIN: a connection waits; it is in non-blocking mode.
  int get() const noexcept { return m_socket.get(); }

 private:
  Listener(FileDescriptor socket, std::string name, int type)
      : m_socket{std::move(socket)}, m_name{std::move(name)}, m_type{type} {}

  FileDescriptor m_socket;
  std::string m_name;
  int m_type;
};

// A new socket that is bound to `address` and listens. SO_REUSEADDR is left to `before_bind`, and which
// interfaces to the caller (SocketAddress::loopback()). For paths see SocketFile.
IPCUTILS_EXPORT Listener listen_on(const SocketAddress& address, int backlog, SocketOptions options = {});

// Fills the send buffer of a connected stream socket that nobody reads.
IPCUTILS_EXPORT void fill(int socket) noexcept;

// Binds to an abstract name that the kernel chooses. A UNIX socket.
IPCUTILS_EXPORT void bind_to_any_name(int socket);

// Lets the peer of a UNIX socket send descriptors with its bytes (SCM_RIGHTS), which sockets of this library
// refuse where the kernel can (Linux 6.16).
IPCUTILS_EXPORT void accept_descriptors(int socket) noexcept;

// Limits a datagram socket to the peer, from now on; connect(2).
IPCUTILS_EXPORT void connect_datagrams(int socket, const SocketAddress& peer);

// Any option of setsockopt(2), with a value of any bytes. The Error says "cannot set the option".
IPCUTILS_EXPORT void set_socket_option(int socket, int level, int name, std::span<const std::byte> value);
IPCUTILS_EXPORT void set_socket_option(int socket, int level, int name, int value);

// Where a socket is bound, and whom it is connected to; AF_UNSPEC for a peer that is not there.
IPCUTILS_EXPORT SocketAddress local_address(int socket);
IPCUTILS_EXPORT SocketAddress peer_address(int socket);

// Type (SOCK_…) and family (AF_…) of a socket. Errors: ENOTSOCK.
IPCUTILS_EXPORT int socket_type(int socket);
IPCUTILS_EXPORT int socket_family(int socket);

// Who was at the other end of a UNIX socket when it connected, or when it began to listen; SO_PEERCRED of
// unix(7).
struct PeerCredentials {
  pid_t pid;  // 0: not visible in this PID namespace
  uid_t uid;
  gid_t gid;

  friend bool operator==(const PeerCredentials&, const PeerCredentials&) = default;
};

// Nothing for sockets of other families and for those that are not connected.
IPCUTILS_EXPORT std::optional<PeerCredentials> peer_credentials(int socket);

}  // namespace ipcutils
