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

  // Where one waits for clients at PORT: loopback, or as bind says.
  SocketAddress listen_address() const;

  // Where one waits for packets: the same, but with a group to hear from it is that. A socket that is bound
  // to loopback hears no group.
  SocketAddress receive_address() const;

  // The local address of a client; nothing when the kernel is to choose.
  std::optional<SocketAddress> own(int peer_family) const;

  // "TCP 127.0.0.1:80"
  std::string name_of(const SocketAddress& address) const;

 private:
  int family() const;
  int family_or_usual() const;
  SocketAddress where(const std::string& port, const SocketAddress& usual) const;

  const AddressSpec& m_spec;
  int m_type;
  const Settings& m_settings;
};

// Groups of IPv6 can be another on each interface, which their address tells then. An empty interface changes
// nothing.
SocketAddress in_scope(const SocketAddress& group, const std::string& interface);

}  // namespace ipcutils::sockcat
