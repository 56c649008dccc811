#include "peer_rule.hpp"

#include <fmt/format.h>
#include <netinet/in.h>

#include <cstdint>
#include <ipcutils/error.hpp>
#include <ipcutils/number.hpp>
#include <ipcutils/quote.hpp>

namespace ipcutils::sockcat {

namespace {

constexpr std::uint16_t first_high_port = 1024;

std::vector<std::byte> mask_of(std::size_t size, unsigned bits) {
  std::vector<std::byte> mask(size);
  for (unsigned i = 0; i < bits; ++i) mask[i / 8] |= std::byte{0x80} >> i % 8;
  return mask;
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
    const auto size = base->host_bytes().size();
    const auto bits = static_cast<unsigned>(parse_number(rest, "number of bits", 0, 8 * size));
    // Peers are compared without mapping.
    const auto own = without_mapping(*base);
    if (own != *base && bits >= mapped_bits) return {own, mask_of(sizeof(in_addr), bits - mapped_bits)};
    return {*base, mask_of(size, bits)};
  }
  const auto mask = SocketAddress::parse_host_if_numeric(without_brackets(rest));
  if (!mask || mask->family() != base->family()) throw refuse("its mask is none");
  const auto bytes = mask->host_bytes();
  return {*base, {bytes.begin(), bytes.end()}};
}

bool Network::contains(const SocketAddress& address) const {
  const auto peer = without_mapping(address);
  if (peer.family() != m_base.family()) return false;
  const auto base = m_base.host_bytes();
  const auto own = peer.host_bytes();
  for (std::size_t i = 0; i < base.size(); ++i)
    if (((base[i] ^ own[i]) & m_mask[i]) != std::byte{0}) return false;
  return true;
}

PeerRule::PeerRule(const AddressSpec& spec, const Settings& settings) : m_settings{settings} {
  if (const auto range = spec.text(Option::range)) m_network = Network::parse(*range);
  const bool hears_strangers = spec.keyword->parameters[0] == Parameter::port;
  m_port = hears_strangers ? spec.number(Option::sourceport) : std::nullopt;
  m_needs_low_port = hears_strangers && spec.has(Option::lowport);
  m_checks_credentials = spec.keyword->mechanism == Mechanism::unix_socket;
}

std::optional<std::string> PeerRule::objection(const SocketAddress& peer,
                                               const std::optional<PeerCredentials>& credentials) const {
  if (m_network && !m_network->contains(peer)) return "it is out of range";
  if (m_port && peer.port() != *m_port) return "its port is another";
  if (m_needs_low_port && peer.port().value_or(0) >= first_high_port) return "its port is not a low one";
  return m_checks_credentials ? m_settings.allowed_peers.objection(credentials) : std::nullopt;
}

}  // namespace ipcutils::sockcat
