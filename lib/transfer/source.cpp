#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <ipcutils/pipe.hpp>
#include <ipcutils/source.hpp>
#include <ipcutils/wait.hpp>
#include <utility>

#include "../core/failure.hpp"
#include "../core/socket_option.hpp"
#include "brief_call.hpp"
#include "populator.hpp"

namespace ipcutils {

namespace {

Medium socket_medium(int fd) noexcept {
  if (socket_option(fd, SO_TYPE) != SOCK_STREAM) return Medium::packets;
  return socket_option(fd, SO_DOMAIN) == AF_UNIX ? Medium::unix_stream : Medium::internet_stream;
}

class ByteSource final : public Source {
 public:
  ByteSource(Descriptor descriptor, Medium medium, std::string name)
      : Source{std::move(descriptor), medium, std::move(name)} {
    // splice(2) from TCP waits for data unless the socket itself is non-blocking.
    if (medium == Medium::internet_stream && this->descriptor().is_exclusive())
      ::fcntl(fd(), F_SETFL, ::fcntl(fd(), F_GETFL) | O_NONBLOCK);
  }

  StepResult look(std::size_t limit) const override {
    if (medium() == Medium::file) return look_at_file(limit);
    int bytes = 0;
    if (::ioctl(fd(), FIONREAD, &bytes) == -1) return {Step::blocked};
    if (bytes > 0) return {Step::moved, std::min(limit, static_cast<std::size_t>(bytes))};
    // Without bytes: silent, at its end, or broken.
    if (is_stream_socket(medium())) {
      char byte;
      const auto count = ::recv(fd(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
      if (count == -1) return failed_step(errno, "read", name());
      return {count == 0 ? Step::ended : Step::blocked};
    }
    pollfd entry{fd(), POLLIN, 0};
    ::poll(&entry, 1, 0);
    return {(entry.revents & (POLLHUP | POLLIN)) == POLLHUP ? Step::ended : Step::blocked};
  }

  bool can_be_tried() const noexcept override {
    return medium() == Medium::file || medium() == Medium::unix_stream ||
           (medium() == Medium::internet_stream && descriptor().is_exclusive()) ||
           (medium() == Medium::pipe && m_reads_without_waiting);
  }

 protected:
  StepResult read_next(std::span<std::byte> into) override {
    const auto count = retry_on_eintr([&] { return read_some(into); });
    if (count > 0) return {Step::moved, static_cast<std::size_t>(count)};
    if (count == 0) return {Step::ended};
    // A terminal says EIO when nobody has its other side open any more.
    if (errno == EIO && medium() == Medium::terminal) return {Step::ended};
    return failed_step(errno, "read", name());
  }

 private:
  // A pipe that other processes have, too, stays in blocking mode: RWF_NOWAIT is for this call alone. The
  // kernel lacks it for FIFOs, and for pipes after a splice(2): these, and terminals, are read if poll(2)
  // says so.
  ssize_t read_some(std::span<std::byte> into) {
    if (is_stream_socket(medium())) return ::recv(fd(), into.data(), into.size(), MSG_DONTWAIT);
    if (medium() == Medium::pipe && m_reads_without_waiting) {
      const iovec part{into.data(), into.size()};
      const auto count = ::preadv2(fd(), &part, 1, -1, RWF_NOWAIT);
      if (count != -1 || errno != EOPNOTSUPP) return count;
      m_reads_without_waiting = false;
    }
    const bool may_wait = medium() == Medium::pipe || medium() == Medium::terminal;
    if (may_wait && wait_for_event(fd(), POLLIN, Deadline::immediate()) != Waited::ready) {
      errno = EAGAIN;
      return -1;
    }
    const auto read = [&] { return ::read(fd(), into.data(), into.size()); };
    return may_wait ? m_brief_call(read) : read();
  }

  StepResult look_at_file(std::size_t limit) const {
    struct stat status;
    const auto position = ::lseek(fd(), 0, SEEK_CUR);
    if (position == -1 || ::fstat(fd(), &status) != 0) return failed_step(errno, "read", name());
    if (status.st_size <= position) return {Step::ended};
    return {Step::moved, std::min(limit, static_cast<std::size_t>(status.st_size - position))};
  }

  bool m_reads_without_waiting = true;
  BriefCall m_brief_call;
};

class NothingMore final : public Source {
 public:
  NothingMore(Medium medium, std::string name) : Source{{}, medium, std::move(name)} {}
  StepResult look(std::size_t) const override { return {Step::ended}; }

 protected:
  StepResult read_next(std::span<std::byte>) override { return {Step::ended}; }
};

class MemorySource final : public Source {
 public:
  explicit MemorySource(std::span<const std::byte> memory)
      : Source{{}, Medium::memory, "memory"}, m_left{memory}, m_populator{memory, MADV_POPULATE_READ} {}

  StepResult look(std::size_t limit) const override {
    if (m_left.empty()) return {Step::ended};
    return {Step::moved, std::min(limit, m_left.size())};
  }

  std::span<const std::byte> lend(std::size_t limit) override {
    const auto part = m_left.first(std::min({limit, m_left.size(), populate_size}));
    m_populator.reach(part.data());
    m_left = m_left.subspan(part.size());
    return part;
  }

 protected:
  StepResult read_next(std::span<std::byte> into) override {
    const auto part = lend(into.size());
    std::copy_n(part.begin(), part.size(), into.begin());  // ranges::copy goes byte by byte here
    return {part.empty() ? Step::ended : Step::moved, part.size()};
  }

 private:
  std::span<const std::byte> m_left;
  Populator m_populator;
};

}  // namespace

Medium medium_of(int fd) noexcept {
  struct stat status;
  if (::fstat(fd, &status) != 0) return Medium::other;
  if (S_ISREG(status.st_mode)) return Medium::file;
  if (S_ISFIFO(status.st_mode)) return Medium::pipe;
  if (S_ISSOCK(status.st_mode)) return socket_medium(fd);
  // /dev/null by its numbers, which are part of Linux' interface.
  if (S_ISCHR(status.st_mode) && status.st_rdev == makedev(1, 3)) return Medium::null_device;
  return ::isatty(fd) != 0 ? Medium::terminal : Medium::other;
}

StepResult failed_step(int errnum, const char* verb, const std::string& name) {
  if (errnum == EAGAIN) return {Step::blocked};
  if (errnum == EPIPE || errnum == ECONNRESET || errnum == ENOTCONN) return {Step::gone, 0, errnum};
  fail(errnum, "cannot {} {}", verb, name);
}

void TransferEnd::widen() const noexcept {
  if (m_medium == Medium::pipe) widen_pipe(fd());
}

bool Source::needs_reading() const noexcept {
  return medium() == Medium::packets || m_rules.escape || has_prefetched() || !descriptor().is_open();
}

StepResult Source::read(std::span<std::byte> into) {
  if (m_has_escaped) return {Step::ended};
  const auto result = m_prefetched.empty() ? read_next(into) : read_prefetched(into);
  if (result.step != Step::moved || !m_rules.escape) return result;
  return up_to_escape(into.first(result.size));
}

StepResult Source::read_prefetched(std::span<std::byte> into) {
  auto& piece = m_prefetched.front();
  if (medium() == Medium::packets && piece.size() > into.size()) return {Step::refused, piece.size()};
  const auto size = std::min(piece.size(), into.size());
  std::memcpy(into.data(), piece.data(), size);
  piece.erase(0, size);
  if (piece.empty()) m_prefetched.pop_front();
  if (size == 0 && medium() == Medium::packets && m_rules.empty_packet_ends) return {Step::ended};
  return {Step::moved, size};
}

StepResult Source::up_to_escape(std::span<std::byte> data) {
  const auto found = std::ranges::find(data, static_cast<std::byte>(*m_rules.escape));
  m_has_escaped = found != data.end();
  const auto size = static_cast<std::size_t>(found - data.begin());
  return {m_has_escaped && size == 0 ? Step::ended : Step::moved, size};
}

std::unique_ptr<Source> byte_source(Descriptor descriptor, Medium medium, std::string name) {
  return std::make_unique<ByteSource>(std::move(descriptor), medium, std::move(name));
}

std::unique_ptr<Source> text_source(std::string text, std::string name, Medium medium) {
  auto source = std::make_unique<NothingMore>(medium, std::move(name));
  source->prefetch(std::move(text));
  return source;
}

std::unique_ptr<Source> memory_source(std::span<const std::byte> memory) {
  return std::make_unique<MemorySource>(memory);
}

}  // namespace ipcutils
