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

  std::string complaint() const override {
    return fmt::format("no client has come to {}", m_place.name_of(m_address));
  }
  int waitable() const override { return m_listener->get(); }
  std::optional<SocketAddress> listens_at() const override { return m_address; }
  void stop_listening() override { m_listener.reset(); }

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

std::unique_ptr<Opener> make_internet_opener(const AddressSpec& spec, Use use, const Context& context) {
  switch (spec.keyword->id) {
    case Keyword::Id::tcp_connect:
      return std::make_unique<Connector>(spec, SOCK_STREAM, context);
    case Keyword::Id::udp_connect:
      return std::make_unique<Connector>(spec, SOCK_DGRAM, context);
    case Keyword::Id::tcp_listen:
      return std::make_unique<TcpListener>(spec, context);
    default:
      return make_udp_opener(spec, use, context);
  }
}

}  // namespace ipcutils::sockcat
