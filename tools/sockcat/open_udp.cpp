// UDP, of both versions of IP, but for udp-connect.
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <deque>
#include <ipcutils/datagram.hpp>
#include <ipcutils/quote.hpp>
#include <span>
#include <stdexcept>

#include "connecting.hpp"
#include "opener.hpp"
#include "peer_rule.hpp"
#include "place.hpp"
#include "socket_settings.hpp"

namespace ipcutils::sockcat {

namespace {

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
