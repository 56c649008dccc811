#include "peer_rule.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <ipcutils/error.hpp>
#include <ipcutils/number.hpp>
#include <ipcutils/quote.hpp>
#include <span>
#include <vector>

#include "values.hpp"

namespace ipcutils::sockcat {

namespace {

constexpr std::uint16_t first_high_port = 1024;

// The address in network byte order.
std::span<const std::uint8_t> bytes_of(const SocketAddress& address) {
  const auto* data = reinterpret_cast<const std::uint8_t*>(address.data());
  if (address.family() == AF_INET) return {data + offsetof(sockaddr_in, sin_addr), sizeof(in_addr)};
  return {data + offsetof(sockaddr_in6, sin6_addr), sizeof(in6_addr)};
}

SocketAddress mask_of(int family, unsigned bits) {
  sockaddr_storage storage{};
  storage.ss_family = static_cast<sa_family_t>(family);
  const bool is_4 = family == AF_INET;
  auto* bytes = reinterpret_cast<std::uint8_t*>(&storage) +
                (is_4 ? offsetof(sockaddr_in, sin_addr) : offsetof(sockaddr_in6, sin6_addr));
  for (unsigned i = 0; i < bits; ++i) bytes[i / 8] = static_cast<std::uint8_t>(bytes[i / 8] | 0x80 >> i % 8);
  return SocketAddress::from_raw(reinterpret_cast<sockaddr*>(&storage),
                                 is_4 ? sizeof(sockaddr_in) : sizeof(sockaddr_in6));
}

// ::ffff:1.2.3.4 as 1.2.3.4
SocketAddress without_mapping(const SocketAddress& address) {
  constexpr std::string_view prefix = "::ffff:";
  const auto host = address.host();
  if (address.family() != AF_INET6 || !host.starts_with(prefix)) return address;
  return SocketAddress::parse_host_if_numeric(host.substr(prefix.size()), *address.port()).value_or(address);
}

}  // namespace

Network Network::parse(std::string_view text) {
  const auto refuse = [&](std::string_view reason) -> Error {
    return Error::invalid(fmt::format("invalid range {}", quote(text)), std::string{reason});
  };
  const auto end_of_host = text.find_first_of("/:", text.starts_with('[') ? text.find(']') : 0);
  const auto base = SocketAddress::parse_host_if_numeric(without_brackets(text.substr(0, end_of_host)));
  if (!base || end_of_host == text.npos) throw refuse("it is not HOST/BITS with a HOST in numbers");
  const auto rest = text.substr(end_of_host + 1);
  if (text[end_of_host] == '/') {
    constexpr unsigned mapped_bits = 96;
    const auto most = base->family() == AF_INET ? 32u : 128u;
    const auto bits = static_cast<unsigned>(parse_number(rest, "number of bits", 0, most));
    // Peers are compared without mapping.
    const auto own = without_mapping(*base);
    if (own != *base && bits >= mapped_bits) return {own, mask_of(AF_INET, bits - mapped_bits)};
    return {*base, mask_of(base->family(), bits)};
  }
  const auto mask = SocketAddress::parse_host_if_numeric(without_brackets(rest));
  if (!mask || mask->family() != base->family()) throw refuse("its mask is none");
  return {*base, *mask};
}

bool Network::contains(const SocketAddress& address) const {
  const auto peer = without_mapping(address);
  if (peer.family() != m_base.family()) return false;
  const auto base = bytes_of(m_base);
  const auto mask = bytes_of(m_mask);
  const auto own = bytes_of(peer);
  for (std::size_t i = 0; i < base.size(); ++i)
    if (((base[i] ^ own[i]) & mask[i]) != 0) return false;
  return true;
}

PeerRule::PeerRule(const AddressSpec& spec, const Settings& settings) : m_settings{settings} {
  if (const auto range = spec.text(Option::range)) m_network = Network::parse(*range);
  const bool hears_strangers = spec.keyword->parameters[0] == Parameter::port;
  m_port = hears_strangers ? spec.number(Option::sourceport) : std::nullopt;
  m_needs_low_port = hears_strangers && spec.has(Option::lowport);
  m_checks_credentials = spec.keyword->mechanism == Mechanism::unix_socket &&
                         (!settings.allowed_users.empty() || !settings.allowed_groups.empty());
}

std::optional<std::string> PeerRule::objection(const SocketAddress& peer,
                                               const std::optional<PeerCredentials>& credentials) const {
  if (m_network && !m_network->contains(peer)) return "it is out of range";
  if (m_port && peer.port() != *m_port) return "its port is another";
  if (m_needs_low_port && peer.port().value_or(0) >= first_high_port) return "its port is not a low one";
  if (!m_checks_credentials) return std::nullopt;
  if (!credentials) return "its credentials are not known";
  const auto& users = m_settings.allowed_users;
  const auto& groups = m_settings.allowed_groups;
  const bool is_allowed = std::ranges::find(users, credentials->uid) != users.end() ||
                          std::ranges::find(groups, credentials->gid) != groups.end();
  if (is_allowed) return std::nullopt;
  return fmt::format("neither user {} nor group {} is allowed", credentials->uid, credentials->gid);
}

}  // namespace ipcutils::sockcat
