#include "relay_ends.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstring>
#include <ipcutils/datagram.hpp>
#include <ipcutils/socket.hpp>

#include "../core/failure.hpp"
#include "../core/pipe.hpp"

namespace ipcutils {

namespace {

constexpr int send_buffer_size = 4 * 1024 * 1024;

// Packets that are not to be heard, before others get their turn.
constexpr int most_unheard = 1000;

// Nobody reads any more, or nobody is there.
bool is_gone(int errnum) { return errnum == EPIPE || errnum == ECONNRESET || errnum == ENOTCONN; }

bool is_nonblocking(int fd) { return (::fcntl(fd, F_GETFL) & O_NONBLOCK) != 0; }

// A UNIX socket's buffer is what its writer may be ahead of its reader. One that was set stays as it is.
void widen_send_buffer(int socket) {
  int size = 0;
  socklen_t length = sizeof size;
  constexpr int set_by_nobody = 212992;  // net.core.wmem_default
  if (::getsockopt(socket, SOL_SOCKET, SO_SNDBUF, &size, &length) != 0 || size != set_by_nobody) return;
  if (::setsockopt(socket, SOL_SOCKET, SO_SNDBUFFORCE, &send_buffer_size, sizeof send_buffer_size) != 0)
    ::setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &send_buffer_size, sizeof send_buffer_size);
}

}  // namespace

DescriptorType descriptor_type(int fd) {
  struct stat status;
  if (fd == -1 || ::fstat(fd, &status) != 0) return DescriptorType::other;
  if (S_ISFIFO(status.st_mode)) return DescriptorType::pipe;
  if (S_ISREG(status.st_mode)) return DescriptorType::file;
  if (S_ISCHR(status.st_mode) && status.st_rdev == makedev(1, 3)) return DescriptorType::null_device;
  if (!S_ISSOCK(status.st_mode)) return DescriptorType::other;
  return socket_family(fd) == AF_UNIX ? DescriptorType::unix_socket : DescriptorType::other_socket;
}

StepResult failed_step(int errnum, const char* verb, const std::string& name) {
  if (would_block(errnum)) return {Step::blocked};
  if (is_gone(errnum)) {
    errno = errnum;
    return {Step::broken};
  }
  fail(errnum, "cannot {} {}", verb, name);
}

namespace {

// The same for a failure to send or to receive a datagram.
StepResult failed_packet(const Error& error, const char* verb, const std::string& name) {
  const int errnum = error.code().value();
  if (is_gone(errnum)) return failed_step(errnum, verb, name);
  throw Error::because(errnum, fmt::format("cannot {} {}", verb, name), error.reason(), error.hint());
}

}  // namespace

Source::Source(const RelaySide& side)
    : m_side{side}, m_type{descriptor_type(side.in)}, m_before{side.before.begin(), side.before.end()} {}

void Source::widen() {
  if (m_type == DescriptorType::pipe) widen_pipe(m_side.in);
}

bool Source::needs_reading() const {
  return has_packets() || m_side.escape || !m_side.before.empty() || m_side.in == -1;
}

StepResult Source::read(std::span<std::byte> into) {
  if (m_has_escaped) return {Step::ended};
  if (m_before.empty() && m_side.in == -1) return {Step::ended};
  const auto result = !m_before.empty() ? read_before(into)
                      : has_packets()   ? read_packet(into)
                                        : read_bytes(into);
  if (result.step != Step::moved || !m_side.escape) return result;
  return up_to_escape(into.first(result.size));
}

StepResult Source::read_before(std::span<std::byte> into) {
  auto& piece = m_before.front();
  const auto size = std::min(piece.size(), into.size());
  std::memcpy(into.data(), piece.data(), size);
  piece.erase(0, size);
  if (piece.empty()) m_before.pop_front();
  if (size == 0 && has_packets() && m_side.empty_packet_ends) return {Step::ended};
  return {Step::moved, size};
}

StepResult Source::read_bytes(std::span<std::byte> into) const {
  const auto count = retry_on_eintr([&] {
    return is_socket(m_type) ? ::recv(m_side.in, into.data(), into.size(), MSG_DONTWAIT)
                             : ::read(m_side.in, into.data(), into.size());
  });
  // A terminal says EIO when nobody has its other side open any more.
  if (count == -1 && errno == EIO && ::isatty(m_side.in)) return {Step::ended};
  if (count == -1) return failed_step(errno, "read", name());
  return {count == 0 ? Step::ended : Step::moved, static_cast<std::size_t>(count)};
}

StepResult Source::read_packet(std::span<std::byte> into) const {
  try {
    for (int unheard = 0; unheard < most_unheard; ++unheard) {
      const auto packet = receive_from(m_side.in, into, Deadline::immediate());
      if (!packet) return {Step::blocked};
      if (m_side.hears && !m_side.hears(packet->from)) continue;
      const bool is_end = packet->is_end || (packet->size == 0 && m_side.empty_packet_ends);
      return {is_end ? Step::ended : Step::moved, packet->size};
    }
    return {Step::blocked};
  } catch (const Error& error) {
    return failed_packet(error, "read", name());
  }
}

StepResult Source::up_to_escape(std::span<std::byte> data) {
  const auto found = std::ranges::find(data, static_cast<std::byte>(*m_side.escape));
  m_has_escaped = found != data.end();
  const auto size = static_cast<std::size_t>(found - data.begin());
  return {m_has_escaped && size == 0 ? Step::ended : Step::moved, size};
}

StepResult Source::look(std::size_t limit) const {
  if (m_type == DescriptorType::file) {
    struct stat status;
    const auto position = ::lseek(m_side.in, 0, SEEK_CUR);
    if (position == -1 || ::fstat(m_side.in, &status) != 0) return failed_step(errno, "read", name());
    if (status.st_size <= position) return {Step::ended};
    return {Step::moved, std::min(limit, static_cast<std::size_t>(status.st_size - position))};
  }
  int bytes = 0;
  if (::ioctl(m_side.in, FIONREAD, &bytes) == -1) return failed_step(errno, "read", name());
  if (bytes > 0) return {Step::moved, std::min(limit, static_cast<std::size_t>(bytes))};
  // Ready without bytes: at its end, broken, or somebody else has read them.
  if (is_socket(m_type)) {
    char byte;
    const auto count = ::recv(m_side.in, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (count == -1) return failed_step(errno, "read", name());
    if (count == 0 && socket_type(m_side.in) == SOCK_DGRAM) return {Step::moved};  // a packet without bytes
    return {count == 0 ? Step::ended : Step::blocked};
  }
  pollfd entry{m_side.in, POLLIN, 0};
  ::poll(&entry, 1, 0);
  return {(entry.revents & (POLLHUP | POLLIN)) == POLLHUP ? Step::ended : Step::blocked};
}

Destination::Destination(const RelaySide& side) : m_side{side}, m_type{descriptor_type(side.out)} {
  switch (m_type) {
    case DescriptorType::pipe:
      // write(2) of more than PIPE_BUF would wait until all has been written; the mode of the one that we
      // were given is its other users', too. Not to be had of another user's pipe.
      if (!is_nonblocking(side.out))
        m_own.reset(
            ::open(fmt::format("/proc/self/fd/{}", side.out).c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
      m_blocks = !is_nonblocking(fd());
      m_takes_splices = true;
      return;
    case DescriptorType::unix_socket:
    case DescriptorType::other_socket:
      m_takes_splices = side.exclusive;
      if (!side.exclusive) return;
      ::fcntl(side.out, F_SETFL, ::fcntl(side.out, F_GETFL) | O_NONBLOCK);
      if (m_type == DescriptorType::unix_socket && !has_packets()) widen_send_buffer(side.out);
      return;
    case DescriptorType::file:
      m_takes_splices = (::fcntl(side.out, F_GETFL) & O_APPEND) == 0;
      return;
    case DescriptorType::null_device:
      m_takes_splices = true;
      return;
    case DescriptorType::other:
      m_takes_splices = false;
      m_blocks = ::isatty(side.out) != 0;
      return;
  }
}

void Destination::widen() {
  if (m_type == DescriptorType::pipe) widen_pipe(fd());
}

StepResult Destination::write(std::span<const std::byte> data) {
  if (has_packets()) return write_packet(data);
  const auto count = retry_on_eintr([&] {
    if (is_socket(m_type)) return ::send(fd(), data.data(), data.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    // Of a pipe or terminal in blocking mode, it is only known that so much fits.
    return ::write(fd(), data.data(), m_blocks ? std::min<std::size_t>(data.size(), PIPE_BUF) : data.size());
  });
  if (count == -1) return failed_step(errno, "write", name());
  return {Step::moved, static_cast<std::size_t>(count)};
}

StepResult Destination::write_packet(std::span<const std::byte> data) const {
  try {
    if (!send_to(m_side.out, data, m_side.to, Deadline::immediate())) return {Step::blocked};
    return {Step::moved, data.size()};
  } catch (const Error& error) {
    return failed_packet(error, "write", name());
  }
}

bool Destination::end() {
  m_own.reset();
  if (m_side.end == RelaySide::End::shut_down && is_socket(m_type)) ::shutdown(m_side.out, SHUT_WR);
  if (m_side.end == RelaySide::End::packet && is_socket(m_type) && write_packet({}).step == Step::blocked)
    return false;
  if (m_side.on_end) m_side.on_end();
  return true;
}

}  // namespace ipcutils
