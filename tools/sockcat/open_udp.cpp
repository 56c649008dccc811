// UDP, of both versions of IP, but for udp-connect.
#include <fmt/format.h>
#include <sys/socket.h>

#include <deque>
#include <ipcutils/datagram.hpp>
#include <ipcutils/quote.hpp>
#include <stdexcept>
#include <utility>
#include <vector>

#include "connecting.hpp"
#include "opener.hpp"
#include "peer_rule.hpp"
#include "place.hpp"
#include "socket_settings.hpp"

namespace ipcutils::sockcat {

namespace {

// The UDP addresses that hear from whoever sends.
class UdpReceiver : public Opener, public Acceptor {
 public:
  UdpReceiver(const AddressSpec& spec, const SocketAddress& address, const Context& context)
      : Opener{spec, context},
        m_rule{spec, context.settings},
        m_socket{Descriptor::owned(bind(spec, address, context))} {}

  Acceptor* acceptor() override { return this; }
  SocketAddress address() const override { return local_address(m_socket.get()); }
  int fd() const override { return m_socket.get(); }
  std::string timeout_message() const override { return fmt::format("no datagram has come to {}", name()); }

 protected:
  static FileDescriptor bind(const AddressSpec& spec, const SocketAddress& address, const Context& context) {
    auto options = socket_options(spec, SOCK_DGRAM, context);
    options.bind = address;
    return open_socket(address.family(), options);
  }

  std::string name() const { return fmt::format("UDP {}", local_address(m_socket.get()).text()); }

  // The next packet of a wanted peer. Unwanted ones, however many, do not outlast the deadline.
  std::optional<OwnedDatagram> receive(const Deadline& deadline) {
    while (auto packet = receive_packet(m_socket.get(), deadline)) {
      if (is_wanted(*packet)) return packet;
      if (deadline.has_passed()) break;
    }
    return std::nullopt;
  }

  bool is_wanted(const OwnedDatagram& packet) const {
    const auto objection = m_rule.objection(packet.from);
    if (objection) log().warn("ignored a datagram of UDP {}: {}", packet.from.text(), *objection);
    return !objection;
  }

  // What the opener's own socket receives from those who are accepted.
  std::unique_ptr<Source> source(PacketRules rules) const {
    return packet_source(m_socket, name(), std::move(rules));
  }
  std::unique_ptr<Source> source_by_rule() const {
    return source({.accepts = [rule = m_rule](const SocketAddress& peer) { return !rule.objection(peer); }});
  }

  // The channel's ends, and where it is bound.
  Channel channel(std::unique_ptr<Source> source, std::unique_ptr<Sink> sink, std::string name) const {
    Channel channel;
    channel.side.source = std::move(source);
    channel.side.sink = std::move(sink);
    channel.local = local_address(m_socket.get());
    channel.set_name(name);
    return channel;
  }

  PeerRule m_rule;
  Descriptor m_socket;
};

// udp-recv: whatever comes, from whomever.
class UdpCollector final : public UdpReceiver {
 public:
  using UdpReceiver::UdpReceiver;
  std::optional<Channel> open(const Deadline&) override { return channel(source_by_rule(), nullptr, name()); }
};

// udp-recvfrom: a packet, and answers to its sender.
class UdpAnswerer final : public UdpReceiver {
 public:
  using UdpReceiver::UdpReceiver;
  std::optional<Channel> open(const Deadline& deadline) override {
    auto packet = receive(deadline);
    if (!packet) return std::nullopt;
    const auto peer = fmt::format("UDP {}", packet->from.text());
    log().note("a datagram has come from {}", peer);
    auto one = channel(text_source(std::move(packet->data), peer, Medium::packets),
                       packet_sink(m_socket, peer, packet->from), peer);
    one.peer = packet->from;
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
    const auto is_peer = [to = m_to](const SocketAddress& peer) { return peer == to; };
    auto all = channel(m_hears == Hears::peer ? source({.accepts = is_peer}) : source_by_rule(),
                       packet_sink(m_socket, "", m_to), fmt::format("UDP {}", m_to.text()));
    all.peer = m_to;
    return all;
  }

  Acceptor* acceptor() override { return m_is_bound && m_hears == Hears::everybody ? this : nullptr; }

  void join(const std::string& interface) {
    join_group(m_socket.get(), m_to, interface);
    if (interface.empty()) return;
    set_multicast_interface(m_socket.get(), interface);
    receive_by_interface_alone(m_socket.get(), interface);
  }

 private:
  SocketAddress m_to;
  Hears m_hears;
  bool m_is_bound;
};

// udp-listen: the first peer that sends something gets the socket, and the next one a new socket.
class UdpListener final : public UdpReceiver {
 public:
  UdpListener(const AddressSpec& spec, const SocketAddress& address, const Context& context)
      : UdpReceiver{spec, address, context}, m_address{local_address(m_socket.get())} {}

  std::optional<Channel> open(const Deadline& deadline) override {
    if (m_waiting.empty() && !wait_for_packet(deadline)) return std::nullopt;
    const auto peer = m_waiting.front().from;
    // The next socket is there before this one is connected, so that nobody finds none.
    auto next = forks() ? Descriptor::owned(bind_again()) : Descriptor{};
    connect(peer);
    // From now on the kernel gives this socket what that peer sends, and nothing else. But what others have
    // sent before is still in it, and what the peer has sent meanwhile is in the next one.
    take_what_has_come();
    auto served = std::exchange(m_socket, std::move(next));
    if (m_socket.is_open()) take_what_has_come();
    set_socket_options(served.get(), spec(), Phase::connect, context());
    Channel channel;
    channel.local = local_address(served.get());
    channel.peer = peer;
    channel.side.name = fmt::format("UDP {}", peer.text());
    const auto is_peer = [peer](const SocketAddress& sender) { return sender == peer; };
    channel.side.source = packet_source(served, channel.side.name, {.accepts = is_peer});
    channel.side.sink = packet_sink(std::move(served), channel.side.name);
    for (auto& packet : take_packets_of(peer)) channel.side.source->prefetch(std::move(packet));
    log().note("a datagram has come from {}", channel.side.name);
    return channel;
  }

  SocketAddress address() const override { return m_address; }
  int fd() const override { return m_waiting.empty() ? m_socket.get() : -1; }
  void close() override { m_socket.reset(); }

 private:
  // A flood stays in the socket, where the kernel bounds it.
  void take_what_has_come() {
    constexpr std::size_t most_waiting = 1000;
    for (auto count = m_waiting.size(); count < most_waiting; ++count) {
      auto packet = receive_packet(m_socket.get(), Deadline::immediate());
      if (!packet) return;
      if (is_wanted(*packet)) m_waiting.push_back(std::move(*packet));
    }
  }

  std::vector<std::string> take_packets_of(const SocketAddress& peer) {
    std::vector<std::string> packets;
    std::erase_if(m_waiting, [&](OwnedDatagram& packet) {
      if (packet.from != peer) return false;
      packets.push_back(std::move(packet.data));
      return true;
    });
    return packets;
  }

  bool wait_for_packet(const Deadline& deadline) {
    auto packet = receive(deadline);
    if (packet) m_waiting.push_back(std::move(*packet));
    return packet.has_value();
  }

  // To bind the next socket, the kernel asks all sockets of the port for SO_REUSEADDR, which lets any user
  // in. So those that serve peers keep it, but the one that waits has it for that moment alone.
  FileDescriptor bind_again() const {
    auto options = socket_options(spec(), SOCK_DGRAM, context());
    options.before_bind = [this, set_others = options.before_bind](int socket) {
      set_others(socket);
      for (const int each : {socket, m_socket.get()}) set_socket_option(each, SOL_SOCKET, SO_REUSEADDR, 1);
    };
    options.bind = m_address;
    try {
      auto socket = open_socket(m_address.family(), options);
      keep_port(socket.get());
      return socket;
    } catch (const Error&) {
      keep_port(m_socket.get());
      throw;
    }
  }

  // A peer to which there is no route must not keep those behind it waiting.
  void connect(const SocketAddress& peer) {
    try {
      connect_datagrams(m_socket.get(), peer);
    } catch (const Error&) {
      keep_port(m_socket.get());
      take_packets_of(peer);
      throw;
    }
  }

  void keep_port(int socket) const {
    set_socket_option(socket, SOL_SOCKET, SO_REUSEADDR, spec().has(Option::reuseaddr) ? 1 : 0);
  }

  SocketAddress m_address;
  std::deque<OwnedDatagram> m_waiting;  // of peers that have not been served yet
};

std::unique_ptr<Opener> make_udp_sender(const AddressSpec& spec, const Place& place, const Context& context) {
  const auto to = place.peers().at(0);
  using Hears = UdpSender::Hears;
  const auto whom = spec.keyword->id == Keyword::Id::udp_datagram ? Hears::everybody : Hears::peer;
  return std::make_unique<UdpSender>(spec, place.own_or_default(to), to, whom, context);
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

std::unique_ptr<Opener> make_udp_opener(const AddressSpec& spec, Use, const Context& context) {
  const Place place{spec, SOCK_DGRAM, context.settings};
  switch (spec.keyword->id) {
    case Keyword::Id::udp_listen:
      return std::make_unique<UdpListener>(spec, place.receive_address(), context);
    case Keyword::Id::udp_recv:
      return std::make_unique<UdpCollector>(spec, place.receive_address(), context);
    case Keyword::Id::udp_recvfrom:
      return std::make_unique<UdpAnswerer>(spec, place.receive_address(), context);
    case Keyword::Id::udp_sendto:
    case Keyword::Id::udp_datagram:
      return make_udp_sender(spec, place, context);
    case Keyword::Id::udp_multicast:
      return make_multicast(spec, place, context);
    default:
      throw std::logic_error{"not of UDP"};
  }
}

}  // namespace ipcutils::sockcat
