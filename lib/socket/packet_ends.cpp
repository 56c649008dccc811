#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <ipcutils/datagram.hpp>
#include <ipcutils/wait.hpp>

#include "../core/failure.hpp"

namespace ipcutils {

namespace {

// Packets that are not accepted, before others get their turn.
constexpr int most_refused = 1000;

// What a failure to send or to receive means for the way.
StepResult failed_packet(const Error& error, const char* verb, const std::string& name) {
  const int errnum = error.code().value();
  if (errnum == EPIPE || errnum == ECONNRESET || errnum == ENOTCONN) return failed_step(errnum, verb, name);
  throw Error::because(errnum, fmt::format("cannot {} {}", verb, name), error.reason(), error.hint());
}

class PacketSource final : public Source {
 public:
  PacketSource(Descriptor socket, std::string name, PacketRules rules)
      : Source{std::move(socket), Medium::packets, std::move(name)},
        m_accepted{std::move(rules)},
        m_may_be_long{socket_family(fd()) == AF_UNIX} {}

  StepResult look(std::size_t limit) const override {
    char byte;
    const auto count = ::recv(fd(), &byte, 1, MSG_PEEK | MSG_DONTWAIT | MSG_TRUNC);
    if (count == -1) return errno == EAGAIN ? StepResult{Step::blocked} : StepResult{Step::gone, 0, errno};
    if (count == 0 && socket_type(fd()) != SOCK_DGRAM) return {Step::ended};
    return {Step::moved, std::min(limit, static_cast<std::size_t>(count))};
  }

 protected:
  // Refused, with its size, when the next packet needs more room.
  StepResult read_next(std::span<std::byte> into) override {
    try {
      for (int refused = 0; refused < most_refused; ++refused) {
        if (const auto size = m_may_be_long ? size_of_next() : 0; size > into.size()) {
          if (size <= longest_packet) return {Step::refused, size};
          drop(size);
          continue;
        }
        const auto packet = receive_from(fd(), into, Deadline::immediate());
        if (!packet) return {Step::blocked};
        if (m_accepted.accepts && !m_accepted.accepts(packet->from)) continue;
        const bool is_end = packet->is_end || (packet->size == 0 && rules().empty_packet_ends);
        return {is_end ? Step::ended : Step::moved, packet->size};
      }
      return {Step::blocked};
    } catch (const Error& error) {
      return failed_packet(error, "read", this->name());
    }
  }

 private:
  // FIONREAD counts this packet, and of SOCK_SEQPACKET those behind it: only when it is much the packet
  // itself is asked.
  std::size_t size_of_next() const {
    int bytes = 0;
    if (::ioctl(fd(), FIONREAD, &bytes) == -1 || bytes <= 65536) return 0;
    const auto size = ::recv(fd(), nullptr, 0, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT);
    return size > 0 ? static_cast<std::size_t>(size) : 0;
  }

  void drop(std::size_t size) const {
    ::recv(fd(), nullptr, 0, MSG_TRUNC | MSG_DONTWAIT);
    if (m_accepted.too_long) m_accepted.too_long(size);
  }

  PacketRules m_accepted;
  bool m_may_be_long;
};

class PacketSink final : public Sink {
 public:
  PacketSink(Descriptor socket, std::string name, std::optional<SocketAddress> to)
      : Sink{std::move(socket), Medium::packets, std::move(name), End::nothing}, m_to{std::move(to)} {
    if (socket_type(fd()) != SOCK_DGRAM) set_end(End::shut_down);
    if (descriptor().is_exclusive()) ::fcntl(fd(), F_SETFL, ::fcntl(fd(), F_GETFL) | O_NONBLOCK);
  }

  StepResult write(std::span<const std::byte> data) override {
    try {
      if (!send_to(fd(), data, m_to, Deadline::immediate())) return {Step::blocked};
      return {Step::moved, data.size()};
    } catch (const Error& error) {
      return failed_packet(error, "write", name());
    }
  }

  // poll(2) knows nothing of the queue of a receiver to whom the socket is not connected.
  bool is_polled_in_vain() const noexcept override { return m_to && m_to->family() == AF_UNIX; }

 private:
  std::optional<SocketAddress> m_to;
};

}  // namespace

std::optional<OwnedDatagram> receive_packet(int socket, const Deadline& deadline) {
  for (;;) {
    if (wait_for_event(socket, POLLIN, deadline) != Waited::ready) return std::nullopt;
    const auto size = ::recv(socket, nullptr, 0, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT);
    if (size == -1) continue;  // receive_from() reports an error; another reader may have taken it
    std::string data(std::min<std::size_t>(static_cast<std::size_t>(size), longest_packet), '\0');
    const auto packet = receive_from(socket, std::as_writable_bytes(std::span{data}), Deadline::immediate());
    if (!packet) continue;
    data.resize(packet->size);
    return OwnedDatagram{std::move(data), packet->from, packet->credentials};
  }
}

std::unique_ptr<Source> packet_source(Descriptor socket, std::string name, PacketRules rules) {
  return std::make_unique<PacketSource>(std::move(socket), std::move(name), std::move(rules));
}

std::unique_ptr<Sink> packet_sink(Descriptor socket, std::string name, std::optional<SocketAddress> to) {
  return std::make_unique<PacketSink>(std::move(socket), std::move(name), std::move(to));
}

Side socket_side(Descriptor socket, std::string name) {
  const auto medium = medium_of(socket.get());
  if (medium == Medium::packets) return {packet_source(socket, name), packet_sink(socket, name), name};
  return {byte_source(socket, medium, name), byte_sink(socket, medium, name), name};
}

}  // namespace ipcutils
