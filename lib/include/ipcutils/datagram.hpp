// Datagrams and packets, whose boundaries are kept; multicast.
#pragma once

#include <cstddef>
#include <functional>
#include <ipcutils/deadline.hpp>
#include <ipcutils/export.hpp>
#include <ipcutils/relay.hpp>
#include <ipcutils/socket.hpp>
#include <ipcutils/socket_address.hpp>
#include <optional>
#include <span>
#include <string>

namespace ipcutils {

// Sends `data`, of no byte or more, as one datagram or packet: all or nothing. `to` is for sockets that are
// not connected. Blocks while the socket's buffer, or that of the receiver of a UNIX socket, is full; false
// when `deadline` has passed. Never raises SIGPIPE. Errors: EMSGSIZE, with the size; ECONNREFUSED, which of a
// connected UDP socket is of an earlier datagram (this one is not sent either); EPIPE, ENOENT, ….
IPCUTILS_EXPORT bool send_to(int socket, std::span<const std::byte> data,
                             const std::optional<SocketAddress>& to, const Deadline& deadline);

// Longer packets, which only a privileged sender on a UNIX socket can make, are dropped.
inline constexpr std::size_t longest_packet = 64 * 1024 * 1024;

struct Datagram {
  std::size_t size = 0;                        // bytes at the beginning of the buffer; 0 is a datagram, too
  SocketAddress from;                          // AF_UNSPEC when it tells none, as connected UNIX sockets
  std::optional<PeerCredentials> credentials;  // of who sent it, on UNIX sockets with SO_PASSCRED
  bool is_end = false;                         // none: the other end of a SOCK_SEQPACKET socket has closed
};

// Takes the next datagram or packet; nothing when `deadline` has passed. One that does not fit into `buffer`
// is lost, which is an error (EMSGSIZE) that names both sizes. Descriptors that come with it are closed.
// Errors: ECONNREFUSED (connected UDP: nobody was there for what was sent), ECONNRESET, ….
IPCUTILS_EXPORT std::optional<Datagram> receive_from(int socket, std::span<std::byte> buffer,
                                                     const Deadline& deadline);

// The next datagram of any size up to longest_packet; nothing when `deadline` has passed. A longer one is
// dropped (EMSGSIZE).
struct OwnedDatagram {
  std::string data;
  SocketAddress from;
  std::optional<PeerCredentials> credentials;
};
IPCUTILS_EXPORT std::optional<OwnedDatagram> receive_packet(int socket, const Deadline& deadline);

// The user who made the datagram socket that is bound to an abstract UNIX name in this network namespace, by
// sock_diag(7). Nothing: there is none, or the kernel does not tell (before Linux 5.3, or in a sandbox).
IPCUTILS_EXPORT std::optional<uid_t> owner_of_receiver(const SocketAddress& abstract_name);

// Which packets a source gives, and what it does with the others.
struct PacketRules {
  std::function<bool(const SocketAddress& sender)> accepts = {};  // absent: everybody's
  // Told of a packet of more than longest_packet bytes, which is dropped.
  std::function<void(std::size_t size)> too_long = {};
};

// The two ends of a socket that keeps packets. `to` is the receiver of each packet where the socket is not
// connected.
IPCUTILS_EXPORT std::unique_ptr<Source> packet_source(Descriptor socket, std::string name,
                                                      PacketRules rules = {});
IPCUTILS_EXPORT std::unique_ptr<Sink> packet_sink(Descriptor socket, std::string name,
                                                  std::optional<SocketAddress> to = {});

// Both ends of a socket, of bytes or of packets. Datagrams have no end that the peer could be told.
IPCUTILS_EXPORT Side socket_side(Descriptor socket, std::string name);

// For a SOCK_SEQPACKET socket: both an empty packet and the end are 0 bytes. From now on packets have a time
// stamp, which tells them apart (SO_TIMESTAMP). Without this, the end is when the other side has closed.
IPCUTILS_EXPORT void mark_packets(int socket);

// The index of an interface by its name, its index, or one of its addresses (`127.0.0.1`, `::1`); empty is 0,
// which lets the kernel choose. Errors: ENODEV.
IPCUTILS_EXPORT unsigned interface_index(const std::string& interface);

// Receives what is sent to `group`, an IPv4 or IPv6 multicast address, through an interface as
// interface_index() takes it, and of groups nothing else. An IPv6 scope counts as interface when none is
// given. The socket is of the group's family. Errors: EINVAL (no group), ENODEV, EADDRINUSE (already a
// member), ENOBUFS (net.ipv4.igmp_max_memberships).
IPCUTILS_EXPORT void join_group(int socket, const SocketAddress& group, const std::string& interface = {});
IPCUTILS_EXPORT void leave_group(int socket, const SocketAddress& group, const std::string& interface = {});

// Sends to groups through this interface; empty lets the kernel choose. By the family of the socket.
IPCUTILS_EXPORT void set_multicast_interface(int socket, const std::string& interface);

// Receives through this interface alone: an IPv6 socket would hear a group on every interface on which
// anybody has joined it.
IPCUTILS_EXPORT void receive_by_interface_alone(int socket, const std::string& interface);

}  // namespace ipcutils
