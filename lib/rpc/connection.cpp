#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cstring>
#include <ipcutils/rpc_connection.hpp>
#include <ipcutils/socket.hpp>
#include <utility>

#include "../core/failure.hpp"

namespace ipcutils {

namespace {

constexpr std::size_t block_size = 64 * 1024;

// Blocks of one advance(), so that nobody who sends much holds up the others.
constexpr int most_blocks = 16;

constexpr std::size_t most_passed = 16;

union DescriptorRoom {
  cmsghdr header;  // for its alignment
  char bytes[CMSG_SPACE(sizeof(int))];
};

// A peer that has ended its way may have left altogether, and only an answer to a probe tells.
void probe_peer(int tcp_socket) noexcept {
  constexpr int yes = 1;
  constexpr int seconds = 10;
  constexpr int probes = 3;
  ::setsockopt(tcp_socket, IPPROTO_TCP, TCP_KEEPIDLE, &seconds, sizeof seconds);
  ::setsockopt(tcp_socket, IPPROTO_TCP, TCP_KEEPINTVL, &seconds, sizeof seconds);
  ::setsockopt(tcp_socket, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
  ::setsockopt(tcp_socket, SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof yes);
}

}  // namespace

RpcConnection::RpcConnection(Side side, RpcFraming framing, std::size_t max_size)
    : m_side{std::move(side)}, m_framing{framing}, m_reader{framing, max_size} {}

std::array<pollfd, 2> RpcConnection::wanted(bool receives) const noexcept {
  // poll(2) tells of a peer that has left even when nothing is wanted. A pipe at its end would tell so for
  // ever. What a peer has said before it left can still be read.
  const bool is_read = receives && !m_has_ended;
  const bool is_watched = is_read || (!m_has_left && (!m_has_ended || is_socket()));
  return {pollfd{is_watched ? m_side.source->fd() : -1, static_cast<short>(is_read ? POLLIN : 0), 0},
          pollfd{m_pieces.empty() || m_has_left ? -1 : m_side.sink->fd(), POLLOUT, 0}};
}

void RpcConnection::advance(const std::array<pollfd, 2>& seen) {
  if (seen[1].revents != 0) send_queued();
  const auto came = seen[0].revents;
  if (came == 0) return;
  if (!m_has_ended) receive();
  if (m_has_ended && is_socket() && (came & (POLLHUP | POLLERR)) != 0) m_has_left = true;
}

std::optional<std::string> RpcConnection::next() {
  if (m_is_ignored) return std::nullopt;
  auto message = m_reader.next();
  if (!message && m_has_ended) message = m_reader.last();
  m_may_have_next = message.has_value();
  return message;
}

void RpcConnection::send(std::string message) { queue({frame_rpc(std::move(message), m_framing), {}}); }

void RpcConnection::send_with(std::string message, FileDescriptor passed) {
  queue({frame_rpc(std::move(message), m_framing), std::move(passed)});
}

void RpcConnection::queue(Piece piece) {
  if (m_has_left) return;
  m_queued += piece.bytes.size();
  m_pieces.push_back(std::move(piece));
  if (m_pieces.size() == 1) send_queued();
}

void RpcConnection::send_queued() {
  while (!m_pieces.empty()) {
    const auto result = send_some(m_pieces.front());
    if (result.step == Step::gone) {
      m_has_left = true;
      m_pieces.clear();
      m_queued = m_sent = 0;
      return;
    }
    if (result.step != Step::moved) return;
    m_sent += result.size;
    m_queued -= result.size;
    if (m_sent < m_pieces.front().bytes.size()) continue;
    m_pieces.pop_front();
    m_sent = 0;
  }
}

StepResult RpcConnection::send_some(Piece& piece) {
  const auto rest = std::as_bytes(std::span{piece.bytes}).subspan(m_sent);
  if (!piece.passed.is_open()) return m_side.sink->write(rest);
  DescriptorRoom room{};
  iovec part{piece.bytes.data(), piece.bytes.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = room.bytes;
  message.msg_controllen = sizeof room.bytes;
  auto* const header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  const int fd = piece.passed.get();
  std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
  const auto count =
      retry_on_eintr([&] { return ::sendmsg(m_side.sink->fd(), &message, MSG_DONTWAIT | MSG_NOSIGNAL); });
  if (count == -1) return failed_step(errno, "write", m_side.name);
  piece.passed.reset();
  return {Step::moved, static_cast<std::size_t>(count)};
}

void RpcConnection::receive() {
  std::array<std::byte, block_size> block;
  m_may_have_next = !m_is_ignored;
  for (int i = 0; i < most_blocks; ++i) {
    const auto result = receive_some(block);
    if (result.step == Step::blocked) return;
    if (result.step == Step::moved) {
      if (!m_is_ignored) m_reader.append({reinterpret_cast<const char*>(block.data()), result.size});
      if (result.size < block.size()) return;
      continue;
    }
    m_has_ended = true;
    if (result.step == Step::gone) m_has_left = true;
    if (m_side.source->medium() == Medium::internet_stream) probe_peer(m_side.source->fd());
    return;
  }
}

StepResult RpcConnection::receive_some(std::span<std::byte> into) {
  if (!m_accepts_passed) return m_side.source->read(into);
  DescriptorRoom room{};
  iovec part{into.data(), into.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = room.bytes;
  message.msg_controllen = CMSG_LEN(sizeof(int));  // its padding would have room for a second one
  const auto count = retry_on_eintr(
      [&] { return ::recvmsg(m_side.source->fd(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC); });
  if (count == -1) return failed_step(errno, "read", m_side.name);
  const auto* const header = CMSG_FIRSTHDR(&message);
  if (header != nullptr && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
    FileDescriptor passed{fd};
    if (m_passed.size() < most_passed) m_passed.push_back(std::move(passed));
  }
  return {count == 0 ? Step::ended : Step::moved, static_cast<std::size_t>(count)};
}

void RpcConnection::accept_passed() noexcept {
  accept_descriptors(m_side.source->fd());
  m_accepts_passed = true;
}

std::optional<FileDescriptor> RpcConnection::take_passed() {
  if (m_passed.empty()) return std::nullopt;
  auto first = std::move(m_passed.front());
  m_passed.pop_front();
  return first;
}

}  // namespace ipcutils
