#include "socket_settings.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <ipcutils/datagram.hpp>
#include <ipcutils/error.hpp>
#include <ipcutils/socket_address.hpp>
#include <iterator>
#include <span>

#include "values.hpp"

namespace ipcutils::sockcat {

namespace {

// Options that setsockopt(2) takes as an int as they are.
struct IntOption {
  Option::Id id;
  int level;
  int name;
  int name6 = 0;  // of IPPROTO_IPV6, where the two versions of IP have options of their own
};
constexpr IntOption int_options[] = {
    {Option::broadcast, SOL_SOCKET, SO_BROADCAST},
    {Option::ip_multicast_loop, IPPROTO_IP, IP_MULTICAST_LOOP, IPV6_MULTICAST_LOOP},
    {Option::ip_multicast_ttl, IPPROTO_IP, IP_MULTICAST_TTL, IPV6_MULTICAST_HOPS},
    {Option::ipv6_unicast_hops, IPPROTO_IPV6, IPV6_UNICAST_HOPS},
    {Option::ipv6only, IPPROTO_IPV6, IPV6_V6ONLY},
    {Option::keepalive, SOL_SOCKET, SO_KEEPALIVE},
    {Option::keepcnt, IPPROTO_TCP, TCP_KEEPCNT},
    {Option::keepidle, IPPROTO_TCP, TCP_KEEPIDLE},
    {Option::keepintvl, IPPROTO_TCP, TCP_KEEPINTVL},
    {Option::nodelay, IPPROTO_TCP, TCP_NODELAY},
    {Option::rcvbuf, SOL_SOCKET, SO_RCVBUF},
    {Option::reuseaddr, SOL_SOCKET, SO_REUSEADDR},
    {Option::reuseport, SOL_SOCKET, SO_REUSEPORT},
    {Option::sndbuf, SOL_SOCKET, SO_SNDBUF},
    {Option::tos, IPPROTO_IP, IP_TOS, IPV6_TCLASS},
    {Option::ttl, IPPROTO_IP, IP_TTL, IPV6_UNICAST_HOPS},
};

template <typename Value>
void set(int socket, int level, int name, const Value& value) {
  set_socket_option(socket, level, name, std::as_bytes(std::span{&value, 1}));
}

void set_text(int socket, int level, int name, const std::string& text) {
  set_socket_option(socket, level, name, std::as_bytes(std::span{text}));
}

int int_value(const OptionValue& option) {
  if (const auto* flag = std::get_if<bool>(&option.value)) return *flag ? 1 : 0;
  return static_cast<int>(std::get<std::uint64_t>(option.value));
}

void join(int socket, const Membership& membership) {
  const auto group = SocketAddress::parse_host_if_numeric(membership.group);
  if (!group) throw Error::invalid("cannot join the group", "it is no number of IP");
  join_group(socket, *group, membership.interface);
}

void set_any(int socket, Option::Id id, const std::string& text) {
  const auto option = parse_socket_option(text);
  const auto value = id == Option::setsockopt_string ? option.value + '\0' : parse_socket_bytes(option.value);
  set_text(socket, option.level, option.name, value);
}

void set(int socket, const OptionValue& given) {
  const auto id = given.option->id;
  if (const auto* row = std::ranges::find(int_options, id, &IntOption::id); row != std::end(int_options)) {
    const bool is_ip6 = row->name6 != 0 && socket_family(socket) == AF_INET6;
    return set(socket, is_ip6 ? IPPROTO_IPV6 : row->level, is_ip6 ? row->name6 : row->name, int_value(given));
  }
  switch (id) {
    case Option::interface: {
      const auto& name = std::get<std::string>(given.value);
      return set_text(socket, SOL_SOCKET, SO_BINDTODEVICE, name);
    }
    case Option::linger: {
      const ::linger value{1, int_value(given)};
      return set(socket, SOL_SOCKET, SO_LINGER, value);
    }
    case Option::ip_add_membership:
    case Option::ipv6_join_group:
      return join(socket, parse_membership(std::get<std::string>(given.value)));
    case Option::ip_multicast_if:
      return set_multicast_interface(socket, std::get<std::string>(given.value));
    case Option::setsockopt:
    case Option::setsockopt_int:
    case Option::setsockopt_listen:
    case Option::setsockopt_string:
      return set_any(socket, id, std::get<std::string>(given.value));
    default:
      return;  // not an option of sockets
  }
}

Phase phase_of(Option::Id id) {
  const bool is_late =
      id == Option::setsockopt || id == Option::setsockopt_int || id == Option::setsockopt_string;
  return is_late ? Phase::connect : Phase::before_bind;
}

// A server that is started anew must not wait for its old connections; several members of a group listen at
// the same port.
bool reuses_address(const Keyword& keyword) {
  return keyword.id == Keyword::Id::tcp_listen || keyword.id == Keyword::Id::udp_multicast;
}

// The interface of a multicast address is that of the group, not of the socket.
bool is_for_socket(const OptionValue& given, const AddressSpec& spec) {
  return given.option->id != Option::interface || spec.keyword->id != Keyword::Id::udp_multicast;
}

}  // namespace

void set_socket_options(int socket, const AddressSpec& spec, Phase phase, const Context& context) {
  for (const auto& given : spec.options) {
    if (phase_of(given.option->id) != phase || !is_for_socket(given, spec)) continue;
    try {
      set(socket, given);
    } catch (const Error& error) {
      const auto what =
          Error::because(error.code().value(), fmt::format("cannot set option {}", given.option->name),
                         error.reason(), error.hint());
      if (!context.settings.is_sloppy) throw what;
      context.log.warn("{}", what.what());
    }
  }
}

SocketOptions socket_options(const AddressSpec& spec, int type, const Context& context) {
  SocketOptions options;
  options.type = static_cast<int>(spec.number(Option::socktype).value_or(static_cast<std::uint64_t>(type)));
  options.protocol = static_cast<int>(spec.number(Option::protocol).value_or(0));
  options.before_bind = [&spec, context](int socket) {
    if (reuses_address(*spec.keyword) && spec.find(Option::reuseaddr) == nullptr)
      set(socket, SOL_SOCKET, SO_REUSEADDR, 1);
    set_socket_options(socket, spec, Phase::before_bind, context);
  };
  options.after_bind = [&spec, context](int socket) {
    set_socket_options(socket, spec, Phase::connect, context);
  };
  return options;
}

bool joins_group(const AddressSpec& spec) {
  return spec.has(Option::ip_add_membership) || spec.has(Option::ipv6_join_group);
}

}  // namespace ipcutils::sockcat
