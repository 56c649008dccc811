// What an address of IP says of hosts, ports and interfaces.
#pragma once

#include <ipcutils/socket_address.hpp>
#include <optional>
#include <string>
#include <vector>

#include "grammar.hpp"
#include "settings.hpp"

namespace ipcutils::sockcat {

// Host and port of an address, resolved. `spec` and `settings` must outlive it. All throw Error.
class Place {
 public:
  // `type` is SOCK_STREAM or SOCK_DGRAM.
  Place(const AddressSpec& spec, int type, const Settings& settings)
      : m_spec{spec}, m_type{type}, m_settings{settings} {}

  const char* protocol() const { return m_type == SOCK_STREAM ? "TCP" : "UDP"; }

  // Of HOST:PORT.
  std::vector<SocketAddress> peers() const;

  // Where a listener waits for clients at PORT: loopback, or as bind says.
  SocketAddress listen_address() const;

  // Where a socket receives datagrams at PORT: the same, or the multicast group that it joins, since the
  // kernel delivers no group to a socket that is bound to loopback.
  SocketAddress receive_address() const;

  // The local address of a client; nothing when the kernel is to choose.
  std::optional<SocketAddress> own(int peer_family) const;

  // The local address of a socket that sends to `peer` and receives from others as well. Without bind, a peer
  // on loopback means loopback, which other hosts cannot reach.
  SocketAddress own_or_default(const SocketAddress& peer) const;

  // "TCP 127.0.0.1:80"
  std::string name_of(const SocketAddress& address) const;

 private:
  int family() const;
  int family_or_usual() const;
  std::string source_port() const;
  SocketAddress bound(const std::string& port, const SocketAddress& usual, int any_family) const;

  const AddressSpec& m_spec;
  int m_type;
  const Settings& m_settings;
};

// Groups of IPv6 can be another on each interface, which their address tells then. An empty interface changes
// nothing.
SocketAddress in_scope(const SocketAddress& group, const std::string& interface);

}  // namespace ipcutils::sockcat
