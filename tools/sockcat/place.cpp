#include "place.hpp"

#include <fmt/format.h>
#include <sys/socket.h>

#include <ipcutils/datagram.hpp>

#include "socket_settings.hpp"
#include "values.hpp"

namespace ipcutils::sockcat {

// AF_UNSPEC: either version.
int Place::family() const {
  switch (m_spec.keyword->family) {
    case Family::ip4:
      return AF_INET;
    case Family::ip6:
      return AF_INET6;
    default:
      return static_cast<int>(m_spec.number(Option::pf).value_or(AF_UNSPEC));
  }
}

int Place::family_or_usual() const {
  if (family() != AF_UNSPEC) return family();
  return m_settings.preferred_family != AF_UNSPEC ? m_settings.preferred_family : AF_INET;
}

std::vector<SocketAddress> Place::peers() const {
  const bool is_6_first = m_settings.preferred_family == AF_INET6;
  return resolve(m_spec.parameters.at(0), m_spec.parameters.at(1),
                 {.family = family(),
                  .type = m_type,
                  .order = is_6_first ? AddressOrder::ipv6_first : AddressOrder::ipv4_first});
}

SocketAddress Place::listen_address() const {
  const auto own_family = family_or_usual();
  return bound(m_spec.parameters.at(0), SocketAddress::loopback(own_family), own_family);
}

SocketAddress Place::receive_address() const {
  if (!joins_group(m_spec) || m_spec.find(Option::bind) != nullptr) return listen_address();
  const auto* membership = m_spec.find(Option::ip_add_membership);
  if (membership == nullptr) membership = m_spec.find(Option::ipv6_join_group);
  const auto [group, interface] = parse_membership(std::get<std::string>(membership->value));
  return in_scope(resolve(group, m_spec.parameters.at(0), {.type = SOCK_DGRAM}).at(0), interface);
}

// The local address that bind names, else `usual`. A bind without HOST, or with '*', is all addresses.
SocketAddress Place::bound(const std::string& port, const SocketAddress& usual, int any_family) const {
  const auto bind = m_spec.text(Option::bind);
  if (!bind) return resolve(usual.host(), port, {.family = family(), .type = m_type}).at(0);
  const auto given = parse_host_and_port(*bind);
  const bool is_any = given.host.empty() || given.host == "*";
  return resolve(is_any ? SocketAddress::any(any_family).host() : given.host,
                 given.port.empty() ? port : given.port, {.family = family(), .type = m_type})
      .at(0);
}

// Empty when it is not given.
std::string Place::source_port() const {
  const auto port = m_spec.number(Option::sourceport);
  return port ? fmt::to_string(*port) : std::string{};
}

std::optional<SocketAddress> Place::own(int peer_family) const {
  if (m_spec.find(Option::bind) == nullptr && m_spec.find(Option::sourceport) == nullptr) return std::nullopt;
  return bound(source_port(), SocketAddress::any(peer_family), peer_family);
}

SocketAddress Place::own_or_default(const SocketAddress& peer) const {
  const auto usual = peer.is_loopback() ? peer.with_port(0) : SocketAddress::any(peer.family());
  return bound(source_port(), usual, peer.family());
}

std::string Place::name_of(const SocketAddress& address) const {
  return fmt::format("{} {}", protocol(), address.text());
}

SocketAddress in_scope(const SocketAddress& group, const std::string& interface) {
  if (group.family() != AF_INET6 || group.scope() != 0 || interface.empty()) return group;
  return *SocketAddress::parse_host_if_numeric(fmt::format("{}%{}", group.host(), interface_index(interface)),
                                               *group.port());
}

}  // namespace ipcutils::sockcat
