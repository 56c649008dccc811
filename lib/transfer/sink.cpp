#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstring>
#include <ipcutils/sink.hpp>
#include <ipcutils/wait.hpp>

#include "../core/failure.hpp"
#include "../core/socket_option.hpp"
#include "brief_call.hpp"
#include "populator.hpp"

namespace ipcutils {

namespace {

constexpr int send_buffer_size = 4 * 1024 * 1024;

// A UNIX socket's buffer is what its writer may be ahead of its reader. One that was set stays as it is.
void widen_send_buffer(int socket) {
  constexpr int set_by_nobody = 212992;  // net.core.wmem_default
  if (socket_option(socket, SO_SNDBUF) != set_by_nobody) return;
  if (::setsockopt(socket, SOL_SOCKET, SO_SNDBUFFORCE, &send_buffer_size, sizeof send_buffer_size) != 0)
    ::setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &send_buffer_size, sizeof send_buffer_size);
}

class ByteSink final : public Sink {
 public:
  ByteSink(Descriptor descriptor, Medium medium, std::string name)
      : Sink{std::move(descriptor), medium, std::move(name),
             is_stream_socket(medium) ? End::shut_down : End::close} {
    const int flags = ::fcntl(fd(), F_GETFL);
    const bool is_stream = medium == Medium::pipe || is_stream_socket(medium);
    if (is_stream && this->descriptor().is_exclusive()) {
      ::fcntl(fd(), F_SETFL, flags | O_NONBLOCK);
      if (medium == Medium::unix_stream) widen_send_buffer(fd());
    }
    // SPLICE_F_NONBLOCK is for pipes alone.
    m_takes_splices = medium == Medium::pipe || medium == Medium::null_device ||
                      (is_stream_socket(medium) && this->descriptor().is_exclusive()) ||
                      (medium == Medium::file && (flags & O_APPEND) == 0);
  }

  StepResult write(std::span<const std::byte> data) override {
    const auto count = retry_on_eintr([&] { return write_some(data); });
    if (count >= 0) return {Step::moved, static_cast<std::size_t>(count)};
    // The program at the other side of a pseudoterminal has ended.
    if (errno == EIO && medium() == Medium::terminal) return {Step::gone, 0, EPIPE};
    return failed_step(errno, "write", name());
  }

  bool can_be_tried() const noexcept override {
    return medium() != Medium::terminal && medium() != Medium::other &&
           (medium() != Medium::pipe || m_writes_without_waiting);
  }

 private:
  // A pipe that other processes have, too, stays in blocking mode: RWF_NOWAIT is for this call alone. The
  // kernel lacks it for FIFOs, and for pipes after a splice(2), where poll(2) says whether PIPE_BUF bytes
  // fit.
  ssize_t write_some(std::span<const std::byte> data) {
    if (is_stream_socket(medium()))
      return ::send(fd(), data.data(), data.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (medium() == Medium::pipe && m_writes_without_waiting) {
      const iovec part{const_cast<std::byte*>(data.data()), data.size()};
      const auto count = ::pwritev2(fd(), &part, 1, -1, RWF_NOWAIT);
      if (count != -1 || errno != EOPNOTSUPP) return count;
      m_writes_without_waiting = false;
    }
    const bool may_wait =
        medium() == Medium::terminal || (medium() == Medium::pipe && !descriptor().is_exclusive());
    if (may_wait && wait_for_event(fd(), POLLOUT, Deadline::immediate()) != Waited::ready) {
      errno = EAGAIN;
      return -1;
    }
    if (!may_wait) return ::write(fd(), data.data(), data.size());
    return m_brief_call(
        [&] { return ::write(fd(), data.data(), std::min<std::size_t>(data.size(), PIPE_BUF)); });
  }

  bool m_writes_without_waiting = true;
  BriefCall m_brief_call;
};

class MemorySink final : public Sink {
 public:
  explicit MemorySink(std::span<std::byte> memory)
      : Sink{{}, Medium::memory, "memory", End::nothing},
        m_left{memory},
        m_populator{memory, MADV_POPULATE_WRITE} {}

  std::span<std::byte> borrow() override {
    m_populator.reach(m_left.data());
    return m_left.first(std::min(m_left.size(), populate_size));
  }

  StepResult write(std::span<const std::byte> data) override {
    const auto size = std::min(data.size(), m_left.size());
    if (data.data() != m_left.data()) std::memcpy(m_left.data(), data.data(), size);
    m_left = m_left.subspan(size);
    return {Step::moved, size};
  }

 private:
  std::span<std::byte> m_left;
  Populator m_populator;
};

}  // namespace

StepResult Sink::tell_end() {
  switch (m_end) {
    case End::shut_down:
      ::shutdown(fd(), SHUT_WR);
      break;
    case End::packet:
      return write({});
    case End::close:
      let_go();
      break;
    case End::nothing:
      break;
  }
  return {Step::moved};
}

bool Sink::reset_at_close() const noexcept {
  constexpr linger at_once{1, 0};
  return medium() == Medium::internet_stream &&
         ::setsockopt(fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once) == 0;
}

int Sink::take_error() const noexcept {
  const bool is_socket = is_stream_socket(medium()) || medium() == Medium::packets;
  return is_socket ? socket_option(fd(), SO_ERROR).value_or(0) : 0;
}

std::unique_ptr<Sink> byte_sink(Descriptor descriptor, Medium medium, std::string name) {
  return std::make_unique<ByteSink>(std::move(descriptor), medium, std::move(name));
}

std::unique_ptr<Sink> memory_sink(std::span<std::byte> memory) {
  return std::make_unique<MemorySink>(memory);
}

}  // namespace ipcutils
