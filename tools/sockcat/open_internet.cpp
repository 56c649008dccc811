// TCP, and UDP with one peer, of both versions of IP.
#include <fmt/format.h>
#include <sys/socket.h>

#include <stdexcept>

#include "connecting.hpp"
#include "opener.hpp"
#include "peer_rule.hpp"
#include "place.hpp"
#include "socket_settings.hpp"

namespace ipcutils::sockcat {

namespace {

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

  std::string timeout_message() const override {
    return fmt::format("{} {}:{} has not answered", m_place.protocol(), spec().parameters[0],
                       spec().parameters[1]);
  }

 private:
  std::optional<FileDescriptor> connect(const Deadline& deadline) const {
    auto addresses = m_place.peers();
    std::erase_if(addresses, [&](const SocketAddress& peer) {
      const auto own = m_place.own(peer.family());
      return own && own->family() != peer.family();
    });
    if (addresses.empty())
      throw Error::invalid("cannot connect", "the address of bind is of another version of IP");
    return connect_to_any(addresses, deadline, [&](const SocketAddress& peer, const Deadline& until) {
      auto options = socket_options(spec(), m_type, context());
      options.bind = m_place.own(peer.family());
      return spec().has(Option::lowport) ? connect_from_low_port(peer, options, until)
                                         : connect_to(peer, options, until);
    });
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
class TcpListener final : public Opener, public Acceptor {
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
      if (!forks()) close();
      return channel_of(std::move(client->socket), name);
    }
    return std::nullopt;
  }

  std::string timeout_message() const override {
    return fmt::format("no client connected to {}", m_place.name_of(m_address));
  }
  Acceptor* acceptor() override { return this; }
  SocketAddress address() const override { return m_address; }
  int fd() const override { return m_listener->get(); }
  void close() override { m_listener.reset(); }

 private:
  static Listener listen(const AddressSpec& spec, const Place& place, const Context& context) {
    const auto address = place.listen_address();
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

}  // namespace

std::unique_ptr<Opener> make_internet_opener(const AddressSpec& spec, Use, const Context& context) {
  using enum Keyword::Id;
  switch (spec.keyword->id) {
    case tcp_connect:
      return std::make_unique<Connector>(spec, SOCK_STREAM, context);
    case udp_connect:
      return std::make_unique<Connector>(spec, SOCK_DGRAM, context);
    case tcp_listen:
      return std::make_unique<TcpListener>(spec, context);
    default:
      throw std::logic_error{"neither TCP nor a connected UDP socket"};
  }
}

}  // namespace ipcutils::sockcat
