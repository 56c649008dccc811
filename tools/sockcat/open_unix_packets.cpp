// UNIX sockets that take datagrams of any peer, and may answer them.
#include <fmt/format.h>
#include <sys/socket.h>

#include <cerrno>
#include <ipcutils/datagram.hpp>
#include <ipcutils/quote.hpp>
#include <utility>

#include "unix_receiver.hpp"

namespace ipcutils::sockcat {

namespace {

// Where a reply goes. Its name may become another socket's, so the address leads to the very file that was
// checked.
struct ReplyPlace {
  SocketAddress address;
  SharedFile file;  // must outlive the use of the address; null: abstract
};

// The reply is sent with our rights, so it may go only to a socket that belongs to the sender, unless root
// has sent. Throws Error whose reason says why it may not.
ReplyPlace reply_place(const SocketAddress& name, const std::optional<PeerCredentials>& sender) {
  const auto refuse = [](std::string reason) {
    return Error::because(EACCES, "cannot answer", std::move(reason));
  };
  if (!sender) throw refuse("the sender is not known");
  const auto path = name.path();
  auto file = path ? SocketFile::open_if_exists(*path) : std::nullopt;
  if (path && !file) throw refuse("that socket is gone");
  if (sender->uid != 0) {
    const auto owner = file ? std::optional{file->owner()} : owner_of_receiver(name);
    if (!owner) throw refuse("that socket is gone, or its owner cannot be found out");
    if (*owner != sender->uid)
      throw refuse(
          fmt::format("the socket belongs to user {}, and user {} sent the datagram", *owner, sender->uid));
  }
  if (!file) return {name, nullptr};
  const auto address = file->address();
  return {address, std::make_shared<const SocketFile>(std::move(*file))};
}

// unix-recv, unix-recvfrom
class UnixPacketReceiver final : public UnixReceiver {
 public:
  UnixPacketReceiver(const AddressSpec& spec, const Context& context)
      : UnixReceiver{spec, context}, m_socket{Descriptor::owned(bind(SOCK_DGRAM))} {
    if (answers()) set_socket_option(m_socket.get(), SOL_SOCKET, SO_PASSCRED, 1);
  }

  std::optional<Channel> open(const Deadline& deadline) override {
    Channel channel;
    channel.local = local_address(m_socket.get());
    if (answers()) return receive_one(std::move(channel), deadline);
    channel.side.source = packet_source(m_socket, name(), rules());
    channel.set_name(name());
    return channel;
  }

  std::string timeout_message() const override { return fmt::format("no datagram has come to {}", name()); }
  SocketAddress address() const override { return local_address(m_socket.get()); }
  int fd() const override { return m_socket.get(); }

 private:
  bool answers() const { return spec().keyword->id == Keyword::Id::unix_recvfrom; }

  PacketRules rules() const {
    return {.too_long = [this](std::size_t size) {
      log().refuse(fmt::format("dropped a datagram to {}", name()), fmt::format("it has {} bytes", size));
    }};
  }

  std::optional<Channel> receive_one(Channel channel, const Deadline& deadline) {
    auto packet = receive_packet(m_socket.get(), deadline);
    if (!packet) return std::nullopt;
    channel.side.source = text_source(std::move(packet->data), name(), Medium::packets);
    channel.side.name = name();
    channel.peer = packet->from;
    channel.credentials = packet->credentials;
    log().note("a datagram has come to {} from {}", name(), packet->from.text());
    // Nobody can answer a sender without a name.
    if (packet->from.path() || packet->from.is_abstract()) let_answer(channel);
    return channel;
  }

  // A reply that must not be sent is told, and the datagram passed on.
  void let_answer(Channel& channel) const {
    try {
      auto place = reply_place(channel.peer, channel.credentials);
      channel.kept.push_back(std::move(place.file));
      channel.side.sink = packet_sink(m_socket, name(), place.address);
    } catch (const Error& error) {
      log().refuse(fmt::format("cannot answer {}", quote(channel.peer.text())), error.reason());
    }
  }

  Descriptor m_socket;
};

}  // namespace

std::unique_ptr<Opener> make_unix_packet_opener(const AddressSpec& spec, const Context& context) {
  return std::make_unique<UnixPacketReceiver>(spec, context);
}

}  // namespace ipcutils::sockcat
