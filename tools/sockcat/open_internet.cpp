// TCP and UDP, of both versions of IP.
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <deque>
#include <ipcutils/datagram.hpp>
#include <ipcutils/poll.hpp>
#include <ipcutils/quote.hpp>
#include <span>
#include <stdexcept>

#include "connecting.hpp"
#include "opener.hpp"
#include "peer_rule.hpp"
#include "socket_settings.hpp"
#include "values.hpp"

namespace ipcutils::sockcat {

namespace {

// What an address says of itself.
class Place {
 public:
  Place(const AddressSpec& spec, int type, const Settings& settings)
      : m_spec{spec}, m_type{type}, m_settings{settings} {}

  const char* protocol() const { return m_type == SOCK_STREAM ? "TCP" : "UDP"; }

  // AF_UNSPEC: either version.
  int family() const {
    switch (m_spec.keyword->family) {
      case Family::ip4:
        return AF_INET;
      case Family::ip6:
        return AF_INET6;
      default:
        return static_cast<int>(m_spec.number(Option::pf).value_or(AF_UNSPEC));
    }
  }

  // Of HOST:PORT.
  std::vector<SocketAddress> peers() const {
    const bool is_6_first = m_settings.preferred_family == AF_INET6;
    return resolve(m_spec.parameters.at(0), m_spec.parameters.at(1),
                   {.family = family(),
                    .type = m_type,
                    .order = is_6_first ? AddressOrder::ipv6_first : AddressOrder::ipv4_first});
  }

  // Where one waits for clients at PORT: loopback, or as bind says.
  SocketAddress where_clients_come() const {
    return where(m_spec.parameters.at(0), SocketAddress::loopback(family_or_usual()));
  }

  // The local address as bind says, else `usual`.
  SocketAddress where(const std::string& port, const SocketAddress& usual) const {
    const auto bind = m_spec.text(Option::bind).value_or("");
    const auto given = bind.empty() ? HostAndPort{} : parse_host_and_port(bind);
    const auto host = given.host.empty() ? usual.host() : given.host;
    return resolve(host, given.port.empty() ? port : given.port, {.family = family(), .type = m_type}).at(0);
  }

  // The local address of a client; nothing when the kernel is to choose.
  std::optional<SocketAddress> own(int peer_family) const {
    const auto port = m_spec.number(Option::sourceport);
    if (m_spec.find(Option::bind) == nullptr && !port) return std::nullopt;
    return where(port ? fmt::to_string(*port) : "", SocketAddress::any(peer_family));
  }

  std::string name_of(const SocketAddress& address) const {
    return fmt::format("{} {}", protocol(), address.text());
  }

 private:
  int family_or_usual() const {
    if (family() != AF_UNSPEC) return family();
    return m_settings.preferred_family != AF_UNSPEC ? m_settings.preferred_family : AF_INET;
  }

  const AddressSpec& m_spec;
  int m_type;
  const Settings& m_settings;
};

// A free port that only root can bind to.
FileDescriptor bind_low_port(const SocketAddress& address, SocketOptions options) {
  constexpr std::uint16_t highest = 1023;
  constexpr std::uint16_t lowest = 640;
  for (std::uint16_t port = highest;; --port) {
    options.bind = address.with_port(port);
    try {
      return open_socket(address.family(), options);
    } catch (const Error& error) {
      if (error.code() != std::errc::address_in_use || port == lowest) throw;
    }
  }
}

// tcp-connect, udp-connect: a socket with one peer.
class Connector final : public Opener {
 public:
  Connector(const AddressSpec& spec, int type, const Context& context)
      : Opener{spec, context}, m_place{spec, type, context.settings}, m_type{type} {}

  std::optional<Channel> open(const Deadline& deadline) override {
    auto socket =
        connect_by(spec(), context(), deadline, [&](const Deadline& until) { return connect(until); });
    if (!socket) return std::nullopt;
    const auto name = m_place.name_of(peer_address(socket->get()));
    log().note("connected to {} from {}", name, local_address(socket->get()).text());
    return channel_of(std::move(*socket), name);
  }

  std::string complaint() const override {
    return fmt::format("{} {}:{} has not answered", m_place.protocol(), spec().parameters[0],
                       spec().parameters[1]);
  }

 private:
  std::optional<FileDescriptor> connect(const Deadline& deadline) const {
    const auto addresses = m_place.peers();
    auto options = socket_options(spec(), m_type, context());
    if (addresses.empty() || (!m_place.own(AF_INET) && !spec().has(Option::lowport)))
      return connect_to_any(addresses, options, deadline);
    // Each of them needs a local address of its own family.
    std::optional<Error> error;
    for (const auto& address : addresses) {
      try {
        options.bind = m_place.own(address.family());
        if (options.bind && options.bind->family() != address.family()) continue;
        if (spec().has(Option::lowport)) return connect_from_low_port(address, options, deadline);
        return connect_to(address, options, deadline);
      } catch (const Error& failure) {
        if (!error) error.emplace(failure);
      }
    }
    if (error) throw *error;
    throw Error::invalid("cannot connect", "the address of bind is of another version of IP");
  }

  static std::optional<FileDescriptor> connect_from_low_port(const SocketAddress& address,
                                                             const SocketOptions& options,
                                                             const Deadline& deadline) {
    auto with_port = options;
    const auto own = options.bind.value_or(SocketAddress::any(address.family()));
    // Which port is free is found by binding; another may take it meanwhile, which is an error.
    with_port.bind = local_address(bind_low_port(own, options).get());
    return connect_to(address, with_port, deadline);
  }

  Place m_place;
  int m_type;
};

// tcp-listen.
class TcpListener final : public Opener {
 public:
  TcpListener(const AddressSpec& spec, const Context& context)
      : Opener{spec, context},
        m_place{spec, SOCK_STREAM, context.settings},
        m_rule{spec, context.settings},
        m_listener{listen(spec, m_place, context)},
        m_address{m_listener->local_address()} {}

  std::optional<Channel> open(const Deadline& deadline) override {
    while (auto client = m_listener->accept(deadline)) {
      const auto name = m_place.name_of(client->peer);
      if (const auto objection = m_rule.objection(client->peer)) {
        log().warn("refused {}: {}", name, *objection);
        continue;
      }
      log().note("accepted {}", name);
      set_socket_options(client->socket.get(), spec(), Phase::connect, context());
      if (!forks()) stop_listening();
      return channel_of(std::move(client->socket), name);
    }
    return std::nullopt;
  }

  Duration patience() const override {
    return spec().duration(Option::accept_timeout).value_or(Opener::patience());
  }
  std::string complaint() const override {
    return fmt::format("no client has come to {}", m_place.name_of(m_address));
  }
  int waitable() const override { return m_listener->get(); }
  std::optional<SocketAddress> listens_at() const override { return m_address; }
  void stop_listening() override { m_listener.reset(); }

 private:
  static Listener listen(const AddressSpec& spec, const Place& place, const Context& context) {
    const auto address = place.where_clients_come();
    return listen_by(spec, context, address.text(), [&] {
      auto options = socket_options(spec, SOCK_STREAM, context);
      options.bind = address;
      return open_socket(address.family(), options);
    });
  }

  Place m_place;
  PeerRule m_rule;
  std::optional<Listener> m_listener;
  SocketAddress m_address;
};

std::string text_of(std::span<const std::byte> data) {
  return {reinterpret_cast<const char*>(data.data()), data.size()};
}

// The UDP addresses that hear from whoever sends.
class UdpReceiver : public Opener {
 public:
  UdpReceiver(const AddressSpec& spec, const SocketAddress& address, const Context& context)
      : Opener{spec, context}, m_rule{spec, context.settings}, m_socket{bind(spec, address, context)} {}

  int waitable() const override { return m_socket.get(); }
  std::optional<SocketAddress> listens_at() const override { return local_address(m_socket.get()); }
  Duration patience() const override {
    return spec().duration(Option::accept_timeout).value_or(Opener::patience());
  }
  std::string complaint() const override { return fmt::format("no datagram has come to {}", name()); }

 protected:
  static FileDescriptor bind(const AddressSpec& spec, const SocketAddress& address, const Context& context) {
    auto options = socket_options(spec, SOCK_DGRAM, context);
    options.bind = address;
    return open_socket(address.family(), options);
  }

  std::string name() const { return fmt::format("UDP {}", local_address(m_socket.get()).text()); }

  struct Packet {
    SocketAddress from;
    std::string data;
  };

  // The next packet of a wanted peer.
  std::optional<Packet> receive(const Deadline& deadline) {
    std::array<std::byte, longest_datagram> buffer;
    while (const auto packet = receive_from(m_socket.get(), buffer, deadline)) {
      if (const auto objection = m_rule.objection(packet->from))
        log().warn("ignored a datagram of UDP {}: {}", packet->from.text(), *objection);
      else
        return Packet{packet->from, text_of(std::span{buffer}.first(packet->size))};
    }
    return std::nullopt;
  }

  // A channel that uses the opener's own socket.
  Channel channel() const {
    Channel channel;
    channel.side.in = channel.side.out = m_socket.get();
    channel.side.name = name();
    channel.side.units = RelaySide::Units::packets;
    channel.side.end = RelaySide::End::nothing;
    channel.side.hears = [this](const SocketAddress& peer) { return !m_rule.objection(peer); };
    channel.local = local_address(m_socket.get());
    return channel;
  }

  PeerRule m_rule;
  FileDescriptor m_socket;
};

// udp-recv: whatever comes, from whomever.
class UdpCollector final : public UdpReceiver {
 public:
  using UdpReceiver::UdpReceiver;
  std::optional<Channel> open(const Deadline&) override {
    auto all = channel();
    all.side.out = -1;
    return all;
  }
};

// udp-recvfrom: a packet, and answers to its sender.
class UdpAnswerer final : public UdpReceiver {
 public:
  using UdpReceiver::UdpReceiver;
  std::optional<Channel> open(const Deadline& deadline) override {
    auto packet = receive(deadline);
    if (!packet) return std::nullopt;
    log().note("a datagram has come from UDP {}", packet->from.text());
    auto one = channel();
    one.side.in = -1;
    one.side.before = {std::move(packet->data)};
    one.side.to = one.peer = packet->from;
    one.side.name = fmt::format("UDP {}", packet->from.text());
    return one;
  }
};

// udp-datagram, udp-sendto, udp-multicast: to one address, and from whoever is to be heard.
class UdpSender final : public UdpReceiver {
 public:
  enum class Hears { peer, everybody };

  UdpSender(const AddressSpec& spec, const SocketAddress& own, const SocketAddress& to, Hears whom,
            const Context& context)
      : UdpReceiver{spec, own, context},
        m_to{to},
        m_hears{whom},
        m_is_bound{spec.find(Option::bind) != nullptr || to.is_multicast()} {
    if (m_to.port() == 0) m_to = m_to.with_port(*local_address(m_socket.get()).port());
  }

  std::optional<Channel> open(const Deadline&) override {
    auto all = channel();
    all.side.to = all.peer = m_to;
    all.side.name = fmt::format("UDP {}", m_to.text());
    if (m_hears == Hears::peer)
      all.side.hears = [to = m_to](const SocketAddress& peer) { return peer == to; };
    return all;
  }

  int waitable() const override { return -1; }
  std::optional<SocketAddress> listens_at() const override {
    return m_is_bound && m_hears == Hears::everybody ? UdpReceiver::listens_at() : std::nullopt;
  }

  void join(const std::string& interface) {
    join_group(m_socket.get(), m_to, interface);
    if (interface.empty()) return;
    set_multicast_interface(m_socket.get(), interface);
    hear_interface_alone(interface);
  }

 private:
  // A socket of IPv6 would hear the group on whatever interface anybody has joined it.
  void hear_interface_alone(const std::string& interface) const {
    const auto index = static_cast<int>(interface_index(interface));
    if (m_to.family() == AF_INET6)
      ::setsockopt(m_socket.get(), SOL_SOCKET, SO_BINDTOIFINDEX, &index, sizeof index);
  }

  SocketAddress m_to;
  Hears m_hears;
  bool m_is_bound;
};

// udp-listen: the first peer that sends something gets the socket, and the next one a new socket.
class UdpListener final : public UdpReceiver {
 public:
  UdpListener(const AddressSpec& spec, const SocketAddress& address, const Context& context)
      : UdpReceiver{spec, address, context}, m_address{local_address(m_socket.get())} {
    // Only now: nobody else has the port.
    if (forks()) share_port(m_socket.get());
  }

  std::optional<Channel> open(const Deadline& deadline) override {
    if (m_waiting.empty() && !wait_for_packet(deadline)) return std::nullopt;
    const auto peer = m_waiting.front().from;
    // The next socket is there before this one is connected, so that nobody finds none.
    auto next = forks() ? bind_again() : FileDescriptor{};
    if (::connect(m_socket.get(), peer.data(), peer.size()) != 0)
      throw Error{errno, fmt::format("cannot connect to UDP {}", peer.text())};
    // From now on the kernel gives this socket what that peer sends, and nothing else; but what others have
    // sent before is still in it, and what it has sent meanwhile is in the next one.
    take_what_has_come();
    auto channel = channel_of(std::move(m_socket), fmt::format("UDP {}", peer.text()));
    m_socket = std::move(next);
    if (m_socket.is_open()) take_what_has_come();
    std::erase_if(m_waiting, [&](Packet& packet) {
      if (packet.from != peer) return false;
      channel.side.before.push_back(std::move(packet.data));
      return true;
    });
    log().note("a datagram has come from {}", channel.side.name);
    set_socket_options(channel.side.in, spec(), Phase::connect, context());
    return channel;
  }

  int waitable() const override { return m_waiting.empty() ? m_socket.get() : -1; }
  std::optional<SocketAddress> listens_at() const override { return m_address; }
  void stop_listening() override { m_socket.reset(); }

 private:
  void take_what_has_come() {
    while (auto packet = receive(Deadline::immediate())) m_waiting.push_back(std::move(*packet));
  }

  bool wait_for_packet(const Deadline& deadline) {
    auto packet = receive(deadline);
    if (packet) m_waiting.push_back(std::move(*packet));
    return packet.has_value();
  }

  static void share_port(int socket) {
    constexpr int on = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  }

  FileDescriptor bind_again() const {
    auto options = socket_options(spec(), SOCK_DGRAM, context());
    options.before_bind = [set_others = options.before_bind](int socket) {
      share_port(socket);
      set_others(socket);
    };
    options.bind = m_address;
    return open_socket(m_address.family(), options);
  }

  SocketAddress m_address;
  std::deque<Packet> m_waiting;  // of peers that have not been served yet
};

// Groups of IPv6 can be another on each interface, which their address tells then.
SocketAddress in_scope(const SocketAddress& group, const std::string& interface) {
  if (group.family() != AF_INET6 || group.scope() != 0 || interface.empty()) return group;
  return *SocketAddress::parse_host_if_numeric(fmt::format("{}%{}", group.host(), interface_index(interface)),
                                               *group.port());
}

// With a group to hear from, a socket that is bound to loopback hears nothing.
SocketAddress where_packets_come(const AddressSpec& spec, const Place& place) {
  if (!joins_group(spec) || spec.find(Option::bind) != nullptr) return place.where_clients_come();
  const auto* membership = spec.find(Option::ip_add_membership);
  if (membership == nullptr) membership = spec.find(Option::ipv6_join_group);
  const auto& text = std::get<std::string>(membership->value);
  const auto colon = text.find(':', text.starts_with('[') ? text.find(']') : 0);
  return in_scope(resolve(text.substr(0, colon), spec.parameters.at(0), {.type = SOCK_DGRAM}).at(0),
                  text.substr(colon + 1));
}

std::unique_ptr<Opener> make_udp_sender(const AddressSpec& spec, const Place& place, const Context& context) {
  const auto to = place.peers().at(0);
  using Hears = UdpSender::Hears;
  const auto whom = spec.keyword->id == Keyword::Id::udp_datagram ? Hears::everybody : Hears::peer;
  const auto own = place.own(to.family()).value_or(SocketAddress::any(to.family()));
  return std::make_unique<UdpSender>(spec, own, to, whom, context);
}

std::unique_ptr<Opener> make_multicast(const AddressSpec& given, const Place& place, const Context& context) {
  const auto interface = given.text(Option::interface).value_or("");
  const auto group = in_scope(place.peers().at(0), interface);
  if (!group.is_multicast())
    throw Error::invalid(fmt::format("invalid GROUP {}", quote(given.parameters[0])),
                         "it is no multicast address");
  auto sender = std::make_unique<UdpSender>(given, group, group, UdpSender::Hears::everybody, context);
  sender->join(interface);
  return sender;
}

}  // namespace

std::unique_ptr<Opener> make_internet_opener(const AddressSpec& spec, Use, const Context& context) {
  const Place udp{spec, SOCK_DGRAM, context.settings};
  switch (spec.keyword->id) {
    case Keyword::Id::tcp_connect:
      return std::make_unique<Connector>(spec, SOCK_STREAM, context);
    case Keyword::Id::tcp_listen:
      return std::make_unique<TcpListener>(spec, context);
    case Keyword::Id::udp_connect:
      return std::make_unique<Connector>(spec, SOCK_DGRAM, context);
    case Keyword::Id::udp_listen:
      return std::make_unique<UdpListener>(spec, where_packets_come(spec, udp), context);
    case Keyword::Id::udp_recv:
      return std::make_unique<UdpCollector>(spec, where_packets_come(spec, udp), context);
    case Keyword::Id::udp_recvfrom:
      return std::make_unique<UdpAnswerer>(spec, where_packets_come(spec, udp), context);
    case Keyword::Id::udp_sendto:
    case Keyword::Id::udp_datagram:
      return make_udp_sender(spec, udp, context);
    case Keyword::Id::udp_multicast:
      return make_multicast(spec, udp, context);
    default:
      throw std::logic_error{"not of IP"};
  }
}

}  // namespace ipcutils::sockcat
