// Which peers are wanted.
#pragma once

#include <cstddef>
#include <ipcutils/socket.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "grammar.hpp"
#include "settings.hpp"

namespace ipcutils::sockcat {

// A network of IPv4 or IPv6.
class Network {
 public:
  // "HOST/BITS", or "HOST:MASK" with a mask as 255.255.255.0; IPv6 in brackets. HOST is a number. Throws
  // Error (EINVAL).
  static Network parse(std::string_view text);

  // An IPv4 peer of an IPv6 socket counts as what it is.
  bool contains(const SocketAddress& address) const;

 private:
  Network(SocketAddress base, std::vector<std::byte> mask)
      : m_base{std::move(base)}, m_mask{std::move(mask)} {}

  SocketAddress m_base;
  std::vector<std::byte> m_mask;  // as many as the base has
};

// What an address (range, sourceport, lowport) and the command line (users, groups) say of its peers.
class PeerRule {
 public:
  // The ports count where the peer chooses its own: for listeners. Users and groups count for UNIX sockets.
  // Throws Error for an invalid range.
  PeerRule(const AddressSpec& spec, const Settings& settings);

  // Why a peer is refused; nothing when it is accepted. A rule of users or groups refuses a peer without
  // credentials.
  std::optional<std::string> objection(
      const SocketAddress& peer, const std::optional<PeerCredentials>& credentials = std::nullopt) const;

 private:
  std::optional<Network> m_network;
  std::optional<std::uint64_t> m_port;
  bool m_needs_low_port;
  bool m_checks_credentials;
  const Settings& m_settings;
};

}  // namespace ipcutils::sockcat
