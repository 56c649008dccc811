#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <ipcutils/file_descriptor.hpp>
#include <ipcutils/poll.hpp>
#include <ipcutils/relay.hpp>
#include <memory>
#include <optional>

#include "../core/failure.hpp"

namespace ipcutils {

namespace {

// What one step copies. With sockets of TCP nothing is faster than large copies, nor is splice(2).
constexpr std::size_t copy_size = 1024 * 1024;

// The longest packet there is, of UDP; of UNIX sockets as long as the sender's buffer.
constexpr std::size_t packet_size = 256 * 1024;

constexpr int pipe_size = 1024 * 1024;

enum class Type { pipe, socket, unix_socket, other };

Type type_of(int fd) {
  struct stat status;
  if (::fstat(fd, &status) != 0) return Type::other;
  if (S_ISFIFO(status.st_mode)) return Type::pipe;
  if (!S_ISSOCK(status.st_mode)) return Type::other;
  int domain = 0;
  socklen_t size = sizeof domain;
  ::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size);
  return domain == AF_UNIX ? Type::unix_socket : Type::socket;
}

bool is_socket(Type type) { return type == Type::socket || type == Type::unix_socket; }

bool would_block(int errnum) { return errnum == EAGAIN || errnum == EWOULDBLOCK; }

// Nobody reads any more, or nobody is there.
bool is_gone(int errnum) { return errnum == EPIPE || errnum == ECONNRESET || errnum == ENOTCONN; }

// One end of a way: a descriptor that is never waited for but by poll(2).
struct End {
  explicit End(int descriptor) : fd{descriptor}, type{type_of(descriptor)} {
    if (type == Type::pipe && ::fcntl(fd, F_GETPIPE_SZ) < pipe_size) ::fcntl(fd, F_SETPIPE_SZ, pipe_size);
  }

  // read(2) and write(2) that do not block on descriptors in blocking mode, once poll(2) has said that they
  // are ready.
  ssize_t read(void* data, std::size_t size) const {
    return retry_on_eintr(
        [&] { return is_socket(type) ? ::recv(fd, data, size, MSG_DONTWAIT) : ::read(fd, data, size); });
  }
  ssize_t write(const void* data, std::size_t size) const {
    // Of a pipe or terminal in blocking mode, it is only known that so much fits.
    const bool may_block = !is_socket(type) && !(::fcntl(fd, F_GETFL) & O_NONBLOCK) && type != Type::other;
    const std::size_t fitting = may_block ? std::min<std::size_t>(size, PIPE_BUF) : size;
    return retry_on_eintr([&] {
      return is_socket(type) ? ::send(fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL)
                             : ::write(fd, data, fitting);
    });
  }

  int fd;
  Type type;
};

// What has been taken from a source on its way to a destination.
class Carrier {
 public:
  virtual ~Carrier() = default;

  // Takes up to so many bytes of a source that is ready. Returns what read(2) does: 0 is the end.
  virtual ssize_t load(const End& from, std::size_t limit) = 0;

  // Hands over what it can at once. Returns what write(2) does.
  virtual ssize_t unload(const End& to) = 0;

  virtual bool is_loaded() const noexcept = 0;
};

using Filter = std::function<bool(std::span<const std::byte> data, std::string& replacement)>;

// In memory, where it can be looked at and changed.
class Buffer final : public Carrier {
 public:
  Buffer(std::size_t size, Filter filter)
      : m_memory{std::make_unique_for_overwrite<std::byte[]>(size)},
        m_size{size},
        m_filter{std::move(filter)} {}

  ssize_t load(const End& from, std::size_t limit) override {
    const ssize_t count = from.read(m_memory.get(), std::min(limit, m_size));
    m_left = {m_memory.get(), static_cast<std::size_t>(std::max<ssize_t>(count, 0))};
    if (count > 0 && m_filter && m_filter(m_left, m_replacement))
      m_left = std::as_bytes(std::span{m_replacement});
    return count;
  }

  ssize_t unload(const End& to) override {
    const ssize_t count = to.write(m_left.data(), m_left.size());
    if (count > 0) m_left = m_left.subspan(static_cast<std::size_t>(count));
    return count;
  }

  bool is_loaded() const noexcept override { return !m_left.empty(); }

 private:
  std::unique_ptr<std::byte[]> m_memory;
  std::size_t m_size;
  Filter m_filter;
  std::string m_replacement;
  std::span<const std::byte> m_left;
};

ssize_t splice_some(int from, int to, std::size_t limit) {
  return retry_on_eintr(
      [&] { return ::splice(from, nullptr, to, nullptr, limit, SPLICE_F_MOVE | SPLICE_F_NONBLOCK); });
}

// In a pipe of our own, between two that are none.
class OwnPipe final : public Carrier {
 public:
  OwnPipe() {
    std::array<int, 2> ends;
    if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) fail(errno, "cannot make a pipe");
    m_out.reset(ends[0]);
    m_in.reset(ends[1]);
    ::fcntl(m_in.get(), F_SETPIPE_SZ, pipe_size);
  }

  ssize_t load(const End& from, std::size_t limit) override {
    const ssize_t count = splice_some(from.fd, m_in.get(), limit);
    m_held += static_cast<std::size_t>(std::max<ssize_t>(count, 0));
    return count;
  }

  ssize_t unload(const End& to) override {
    const ssize_t count = splice_some(m_out.get(), to.fd, m_held);
    m_held -= static_cast<std::size_t>(std::max<ssize_t>(count, 0));
    return count;
  }

  bool is_loaded() const noexcept override { return m_held > 0; }

 private:
  FileDescriptor m_out;
  FileDescriptor m_in;
  std::size_t m_held = 0;
};

// Where one of the two is a pipe, all stays in the source until it is at the destination.
class NoCarrier final : public Carrier {
 public:
  ssize_t load(const End& from, std::size_t limit) override {
    int bytes = 0;
    if (::ioctl(from.fd, FIONREAD, &bytes) == -1) return -1;
    m_from = from.fd;
    m_there = std::min(limit, static_cast<std::size_t>(bytes));
    return bytes > 0 ? bytes : look_for_end(from);
  }

  ssize_t unload(const End& to) override {
    const ssize_t count = splice_some(m_from, to.fd, m_there);
    m_there -= static_cast<std::size_t>(std::max<ssize_t>(count, 0));
    return count;
  }

  bool is_loaded() const noexcept override { return m_there > 0; }

 private:
  // Ready without bytes: at its end, broken, or somebody else has read them.
  static ssize_t look_for_end(const End& from) {
    char byte;
    if (is_socket(from.type)) return ::recv(from.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    pollfd entry{from.fd, POLLIN, 0};
    ::poll(&entry, 1, 0);
    errno = EAGAIN;
    return (entry.revents & POLLHUP) != 0 ? 0 : -1;
  }

  int m_from = -1;
  std::size_t m_there = 0;
};

// By what kernel-near measurements say is fastest for the pair. TCP is copied: splice(2) loses there.
std::unique_ptr<Carrier> carrier_for(const RelaySide& source, const End& from, const End& to, Filter filter) {
  if (source.units == RelaySide::Units::packets)
    return std::make_unique<Buffer>(packet_size, std::move(filter));
  if (!filter) {
    const bool has_tcp = from.type == Type::socket || to.type == Type::socket;
    const bool has_other = from.type == Type::other || to.type == Type::other;
    if (!has_tcp && !has_other) {
      if (from.type == Type::pipe || to.type == Type::pipe) return std::make_unique<NoCarrier>();
      return std::make_unique<OwnPipe>();
    }
  }
  return std::make_unique<Buffer>(copy_size, std::move(filter));
}

// One way of a relay. It never blocks; what it waits for is polled.
class Way {
 public:
  Way(const RelaySide& source, const RelaySide& destination, std::size_t block, Filter filter)
      : m_source{source},
        m_destination{destination},
        m_from{source.in},
        m_to{destination.out},
        m_step{block != 0 ? block : copy_size},
        m_carrier{carrier_for(source, m_from, m_to, std::move(filter))} {}

  bool is_done() const noexcept { return m_is_done; }
  const RelayCount& count() const noexcept { return m_count; }

  // What it waits for: the source, or the destination. While it waits for the source, the end of the
  // destination is watched as well.
  std::array<pollfd, 2> wanted() const {
    if (m_is_done) return {{{-1, 0, 0}, {-1, 0, 0}}};
    if (m_carrier->is_loaded()) return {{{m_to.fd, POLLOUT, 0}, {-1, 0, 0}}};
    return {{{m_from.fd, POLLIN, 0}, {m_to.fd, 0, 0}}};
  }

  // Moves what it can at once, after poll(2). Whether anything has happened.
  bool go_on(std::span<const pollfd> polled) {
    if (m_is_done || (polled[0].revents == 0 && polled[1].revents == 0)) return false;
    if (m_carrier->is_loaded()) {
      unload();
    } else if (polled[0].revents != 0) {
      load();
      // A socket says by itself that it is full; others would block, and are polled.
      if (m_carrier->is_loaded() && is_socket(m_to.type)) unload();
    } else if ((polled[1].revents & (POLLERR | POLLHUP)) != 0) {
      m_is_done = true;  // nobody reads any more, and nothing has been taken
    }
    return true;
  }

  void give_up() {
    m_count.has_unsent = m_count.has_unsent || m_carrier->is_loaded();
    m_is_done = true;
  }

 private:
  void load() {
    const ssize_t count = m_carrier->load(m_from, m_step);
    if (count > 0) return;
    if (count == -1 && would_block(errno)) return;
    if (count == -1 && !is_gone(errno)) fail(errno, "cannot read {}", m_source.name);
    const bool is_packet =
        count == 0 && m_source.units == RelaySide::Units::packets && !m_source.empty_packet_ends;
    if (!is_packet) return end();
    if (m_destination.units == RelaySide::Units::packets) m_to.write("", 0);
  }

  void unload() {
    const ssize_t count = m_carrier->unload(m_to);
    if (count >= 0) {
      m_count.bytes += static_cast<std::uint64_t>(count);
      ++m_count.steps;
    } else if (!would_block(errno)) {
      if (!is_gone(errno)) fail(errno, "cannot write {}", m_destination.name);
      m_count.has_unsent = true;
      m_is_done = true;
    }
  }

  void end() {
    m_count.has_ended = true;
    m_is_done = true;
    if (m_destination.end == RelaySide::End::shut_down) ::shutdown(m_to.fd, SHUT_WR);
    if (m_destination.end == RelaySide::End::packet) m_to.write("", 0);
    if (m_destination.on_end) m_destination.on_end();
  }

  const RelaySide& m_source;
  const RelaySide& m_destination;
  End m_from;
  End m_to;
  std::size_t m_step;
  std::unique_ptr<Carrier> m_carrier;
  RelayCount m_count;
  bool m_is_done = false;
};

Filter filter_of(const RelayOptions& options, Direction direction) {
  if (!options.filter) return {};
  return [&options, direction](std::span<const std::byte> data, std::string& replacement) {
    return options.filter(direction, data, replacement);
  };
}

}  // namespace

RelayResult relay(const RelaySide& first, const RelaySide& second, const RelayOptions& options) {
  Way forward{first, second, options.block, filter_of(options, Direction::forward)};
  Way backward{second, first, options.block, filter_of(options, Direction::backward)};
  if (first.in == -1 || second.out == -1) forward.give_up();
  if (second.in == -1 || first.out == -1) backward.give_up();
  const auto result = [&](RelayResult::Reason reason) {
    forward.give_up();
    backward.give_up();
    return RelayResult{reason, forward.count(), backward.count()};
  };
  const bool has_both = !forward.is_done() && !backward.is_done();
  using Reason = RelayResult::Reason;
  while (!forward.is_done() || !backward.is_done()) {
    const bool lingers = has_both && (forward.is_done() || backward.is_done());
    const auto silence = lingers ? std::min(options.linger, options.idle) : options.idle;
    const auto silent_until = options.deadline.within(silence);
    const auto forward_wanted = forward.wanted();
    const auto backward_wanted = backward.wanted();
    std::array<pollfd, 4> entries{forward_wanted[0], forward_wanted[1], backward_wanted[0],
                                  backward_wanted[1]};
    if (!poll_until(entries, silent_until)) {
      if (options.deadline.has_passed()) return result(Reason::interrupted);
      return result(lingers ? Reason::lingered : Reason::idle);
    }
    forward.go_on(std::span{entries}.first(2));
    backward.go_on(std::span{entries}.last(2));
  }
  return result(Reason::ended);
}

}  // namespace ipcutils
