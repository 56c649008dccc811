// UNIX sockets, in the file system and abstract.
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <ipcutils/datagram.hpp>
#include <ipcutils/quote.hpp>
#include <ipcutils/socket_file.hpp>
#include <span>
#include <stdexcept>

#include "connecting.hpp"
#include "opener.hpp"
#include "ownership.hpp"
#include "peer_rule.hpp"
#include "socket_settings.hpp"

namespace ipcutils::sockcat {

namespace {

constexpr std::size_t longest_packet = 256 * 1024;

using SharedFile = std::shared_ptr<SocketFile>;

bool is_abstract(const AddressSpec& spec) { return spec.keyword->family == Family::abstract; }

std::string name_of(const AddressSpec& spec) {
  const auto& name = spec.parameters.at(0);
  return is_abstract(spec) ? SocketAddress::abstract(name).text() : name;
}

void remove_first(const std::string& path) {
  if (const auto old = SocketFile::open_if_exists(path)) old->remove_if_same();
}

// Binds to a new file, with owner and mode as the address says.
SharedFile bind_to_file(int socket, const std::string& path, const AddressSpec& spec) {
  const auto mode = static_cast<mode_t>(spec.number(Option::mode).value_or(0600));
  auto file = std::make_shared<SocketFile>(SocketFile::bind(socket, path, mode));
  const auto owner = ownership_in(spec);
  // The path leads to the very file that was made.
  if (owner && ::chown(file->address().path()->c_str(), owner->user, owner->group) != 0) {
    const int errnum = errno;
    file->remove_if_same();
    throw Error{errnum, fmt::format("cannot change the owner of {}", quote(path))};
  }
  return file;
}

// A socket that is bound to where the address is, before anything listens or receives.
struct BoundSocket {
  FileDescriptor socket;
  SharedFile file;  // null: abstract
};

BoundSocket bind_here(const AddressSpec& spec, int type, const Context& context) {
  const auto& name = spec.parameters.at(0);
  auto options = socket_options(spec, type, context);
  if (is_abstract(spec)) {
    options.bind = SocketAddress::abstract(name);
    return {open_socket(AF_UNIX, options), nullptr};
  }
  if (spec.has(Option::unlink_early) || spec.has(Option::unlink)) remove_first(name);
  options.after_bind = nullptr;
  auto socket = open_socket(AF_UNIX, options);
  auto file = bind_to_file(socket.get(), name, spec);
  return {std::move(socket), std::move(file)};
}

// What waits for peers: it keeps the name, and takes it away.
class UnixReceiver : public Opener {
 public:
  UnixReceiver(const AddressSpec& spec, BoundSocket bound, const Context& context)
      : Opener{spec, context}, m_bound{std::move(bound)}, m_address{address_of(m_bound.socket)} {}
  ~UnixReceiver() override {
    if (m_bound.file && spec().flag(Option::unlink_close).value_or(true)) m_bound.file->remove_if_same();
  }

  std::optional<SocketAddress> listens_at() const override { return m_address; }

 protected:
  static SocketAddress address_of(const FileDescriptor& socket) {
    return socket.is_open() ? local_address(socket.get()) : SocketAddress{};
  }

  std::string name() const { return fmt::format("UNIX {}", quote(name_of(spec()))); }

  BoundSocket m_bound;
  SocketAddress m_address;
};

// unix-listen, unix-seqpacket-listen
class UnixListener final : public UnixReceiver {
 public:
  UnixListener(const AddressSpec& spec, int type, const Context& context)
      : UnixReceiver{spec, {}, context},
        m_rule{spec, context.settings},
        m_listener{listen_by(spec, context, name_of(spec), [&] {
          m_bound = bind_here(spec, type, context);
          return std::move(m_bound.socket);
        })} {
    m_address = m_listener->local_address();
  }

  std::optional<Channel> open(const Deadline& deadline) override {
    while (auto client = m_listener->accept(deadline)) {
      const auto credentials = peer_credentials(client->socket.get());
      if (const auto objection = m_rule.objection(client->peer, credentials)) {
        log().warn("refused a client of {}: {}", name(), *objection);
        continue;
      }
      if (credentials)
        log().note("accepted process {} of user {} at {}", credentials->pid, credentials->uid, name());
      set_socket_options(client->socket.get(), spec(), Phase::connect, context());
      if (!forks()) stop_listening();
      return channel_of(std::move(client->socket), name());
    }
    return std::nullopt;
  }

  std::string complaint() const override { return fmt::format("no client has come to {}", name()); }
  int waitable() const override { return m_listener->get(); }
  void stop_listening() override { m_listener.reset(); }

 private:
  PeerRule m_rule;
  std::optional<Listener> m_listener;
};

// unix-recv, unix-recvfrom
class UnixPacketReceiver final : public UnixReceiver {
 public:
  UnixPacketReceiver(const AddressSpec& spec, const Context& context)
      : UnixReceiver{spec, bind_here(spec, SOCK_DGRAM, context), context} {}

  std::optional<Channel> open(const Deadline& deadline) override {
    Channel channel;
    channel.side.name = name();
    channel.side.units = RelaySide::Units::packets;
    channel.side.end = RelaySide::End::nothing;
    channel.local = local_address(m_bound.socket.get());
    if (spec().keyword->id == Keyword::Id::unix_recv) {
      channel.side.in = m_bound.socket.get();
      return channel;
    }
    std::vector<std::byte> buffer(longest_packet);
    const auto packet = receive_from(m_bound.socket.get(), buffer, deadline);
    if (!packet) return std::nullopt;
    channel.side.before = {std::string{reinterpret_cast<const char*>(buffer.data()), packet->size}};
    // Nobody can answer a sender that has no name.
    if (packet->from.path() || packet->from.is_abstract()) {
      channel.side.out = m_bound.socket.get();
      channel.side.to = packet->from;
    }
    channel.peer = packet->from;
    log().note("a datagram has come to {} from {}", name(), packet->from.text());
    return channel;
  }

  std::string complaint() const override { return fmt::format("no datagram has come to {}", name()); }
  int waitable() const override { return m_bound.socket.get(); }
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
    if (own && spec().flag(Option::unlink_close).value_or(true))
      channel.clean_up = [own] { own->remove_if_same(); };
    if (const auto objection = m_rule.objection(channel.peer, channel.credentials)) {
      if (channel.clean_up) channel.clean_up();
      throw Error::because(EACCES, fmt::format("cannot trust {}", channel.side.name), *objection);
    }
    // Nobody can answer a socket without a name.
    const bool has_name = channel.local.path() || channel.local.is_abstract();
    if (socket_type(channel.side.out) == SOCK_DGRAM && !has_name) channel.side.in = -1;
    log().note("connected to {}", channel.side.name);
    return channel;
  }

  std::string complaint() const override {
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
          own = bind_to_file(socket, *bind, spec());
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
      const sockaddr nameless{AF_UNIX, {}};
      if (::bind(socket, &nameless, sizeof nameless.sa_family) != 0)
        throw Error{errno, "cannot bind to a name of its own"};
      return nullptr;
    }
    const char* const folder = std::getenv("TMPDIR");
    for (unsigned number = 0;; ++number) {
      const auto path = fmt::format("{}/{}.{}.{}", folder != nullptr && *folder != '\0' ? folder : "/tmp",
                                    tool, ::getpid(), number);
      try {
        return bind_to_file(socket, path, spec());
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
      return std::make_unique<UnixPacketReceiver>(spec, context);
    default:
      throw std::logic_error{"not a UNIX socket"};
  }
}

}  // namespace ipcutils::sockcat
