// UNIX sockets, in the file system and abstract: those that listen, and those that have one peer.
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <ipcutils/quote.hpp>
#include <stdexcept>

#include "connecting.hpp"
#include "peer_rule.hpp"
#include "socket_settings.hpp"
#include "unix_receiver.hpp"

namespace ipcutils::sockcat {

namespace {

// unix-listen, unix-seqpacket-listen
class UnixListener final : public UnixReceiver {
 public:
  UnixListener(const AddressSpec& spec, int type, const Context& context)
      : UnixReceiver{spec, context},
        m_listener{listen_by(spec, context, name_of(spec), [&] { return bind(type); })},
        m_address{m_listener->local_address()} {}

  std::optional<Channel> open(const Deadline& deadline) override {
    while (auto client = m_listener->accept(deadline)) {
      const auto credentials = peer_credentials(client->socket.get());
      if (const auto objection = m_rule.objection(client->peer, credentials)) {
        log().refuse(fmt::format("refused a client of {}", name()), *objection);
        continue;
      }
      if (credentials)
        log().note("accepted {}process {} of user {} at {}", called(client->peer), credentials->pid,
                   credentials->uid, name());
      set_socket_options(client->socket.get(), spec(), Phase::connect, context());
      if (!forks()) close();
      return channel_of(std::move(client->socket), name());
    }
    return std::nullopt;
  }

  std::string timeout_message() const override { return fmt::format("no client connected to {}", name()); }
  SocketAddress address() const override { return m_address; }
  int fd() const override { return m_listener->get(); }
  void close() override { m_listener.reset(); }
  void remove_listening_names() override { remove_names(); }

 private:
  // Few clients have a name.
  static std::string called(const SocketAddress& peer) {
    return peer.path() || peer.is_abstract() ? fmt::format("{}, ", quote(peer.text())) : "";
  }

  std::optional<Listener> m_listener;
  SocketAddress m_address;
};

// unix-connect, unix-seqpacket, unix-sendto, unix-client
class UnixConnector final : public Opener {
 public:
  UnixConnector(const AddressSpec& spec, std::vector<int> types, const Context& context)
      : Opener{spec, context}, m_types{std::move(types)}, m_rule{spec, context.settings} {}

  std::optional<Channel> open(const Deadline& deadline) override {
    SharedFile own;
    auto socket =
        connect_by(spec(), context(), deadline, [&](const Deadline& until) { return connect(until, own); });
    if (!socket) return std::nullopt;
    auto channel = channel_of(std::move(*socket), fmt::format("UNIX {}", quote(name_of(spec()))));
    channel.names = guards_of(own, spec(), log());
    if (const auto objection = m_rule.objection(channel.peer, channel.credentials))
      throw Error::because(EACCES, fmt::format("cannot trust {}", channel.side.name), *objection);
    // Nobody can answer a socket without a name.
    const bool has_name = channel.local.path() || channel.local.is_abstract();
    const bool is_datagram = channel.side.sink->end() == Sink::End::nothing;
    if (is_datagram && !has_name) channel.side.source.reset();
    log().note("connected to {}", channel.side.name);
    return channel;
  }

  std::string timeout_message() const override {
    return fmt::format("{} has not answered", quote(name_of(spec())));
  }

 private:
  // The first of the types that the other side has. Of abstract sockets each type has names of its own.
  std::optional<FileDescriptor> connect(const Deadline& deadline, SharedFile& own) const {
    const int wrong_type = is_abstract(spec()) ? ECONNREFUSED : EPROTOTYPE;
    for (std::size_t i = 0;; ++i) {
      try {
        return connect_as(m_types[i], deadline, own);
      } catch (const Error& error) {
        if (error.code().value() != wrong_type || i + 1 == m_types.size()) throw;
      }
    }
  }

  std::optional<FileDescriptor> connect_as(int type, const Deadline& deadline, SharedFile& own) const {
    auto options = socket_options(spec(), type, context());
    own.reset();
    const auto bind = spec().text(Option::bind);
    if (bind && is_abstract(spec())) options.bind = SocketAddress::abstract(*bind);
    if ((bind && !is_abstract(spec())) || spec().has(Option::bind_tempname))
      options.after_bind = [&, set_others = options.after_bind](int socket) {
        if (bind)
          own = bind_to_file(socket, *bind, spec(), context().settings);
        else
          own = bind_to_temporary_name(socket);
        set_others(socket);
      };
    try {
      const auto& name = spec().parameters.at(0);
      auto connected = is_abstract(spec()) ? connect_to(SocketAddress::abstract(name), options, deadline)
                                           : connect_to_path(name, options, deadline);
      if (!connected && own) own->remove_if_same();
      return connected;
    } catch (...) {
      if (own) own->remove_if_same();
      throw;
    }
  }

  // A name that nobody has. Abstract ones the kernel gives.
  SharedFile bind_to_temporary_name(int socket) const {
    if (is_abstract(spec())) {
      bind_to_any_name(socket);
      return nullptr;
    }
    const char* const folder = std::getenv("TMPDIR");
    for (unsigned number = 0;; ++number) {
      const auto path = fmt::format("{}/{}.{}.{}", folder != nullptr && *folder != '\0' ? folder : "/tmp",
                                    tool, ::getpid(), number);
      try {
        return bind_to_file(socket, path, spec(), context().settings);
      } catch (const Error& error) {
        if (error.code() != std::errc::address_in_use) throw;
      }
    }
  }

  std::vector<int> m_types;
  PeerRule m_rule;
};

}  // namespace

std::unique_ptr<Opener> make_unix_opener(const AddressSpec& spec, Use, const Context& context) {
  const auto connector = [&](std::vector<int> types) {
    return std::make_unique<UnixConnector>(spec, std::move(types), context);
  };
  switch (spec.keyword->id) {
    case Keyword::Id::unix_connect:
      return connector({SOCK_STREAM});
    case Keyword::Id::unix_seqpacket_connect:
      return connector({SOCK_SEQPACKET});
    case Keyword::Id::unix_sendto:
      return connector({SOCK_DGRAM});
    case Keyword::Id::unix_client:
      return connector({SOCK_STREAM, SOCK_SEQPACKET, SOCK_DGRAM});
    case Keyword::Id::unix_listen:
      return std::make_unique<UnixListener>(spec, SOCK_STREAM, context);
    case Keyword::Id::unix_seqpacket_listen:
      return std::make_unique<UnixListener>(spec, SOCK_SEQPACKET, context);
    case Keyword::Id::unix_recv:
    case Keyword::Id::unix_recvfrom:
      return make_unix_packet_opener(spec, context);
    default:
      throw std::logic_error{"not a UNIX socket"};
  }
}

}  // namespace ipcutils::sockcat
