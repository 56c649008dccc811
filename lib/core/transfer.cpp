#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <ipcutils/poll.hpp>
#include <ipcutils/transfer.hpp>
#include <memory>

#include "failure.hpp"
#include "pipe.hpp"

namespace ipcutils {

namespace {

// Large enough that system calls do not count, small enough to stay in the second-level cache between the
// read and the write.
constexpr std::size_t buffer_size = 128 * 1024;

// What one call may move by reference, so that progress is told now and then.
constexpr std::size_t step_size = 16 * 1024 * 1024;

// Up to which a mapping is populated ahead of the call that copies to or from it.
constexpr std::size_t populate_size = 2 * 1024 * 1024;

enum class FileType { regular, pipe, socket, null, other };

// /dev/null by its numbers, which are part of Linux' interface.
bool is_null(const struct stat& status) noexcept {
  return S_ISCHR(status.st_mode) && status.st_rdev == makedev(1, 3);
}

FileType type_of(int fd) noexcept {
  struct stat status;
  if (::fstat(fd, &status) != 0) return FileType::other;
  if (S_ISREG(status.st_mode)) return FileType::regular;
  if (S_ISFIFO(status.st_mode)) return FileType::pipe;
  if (S_ISSOCK(status.st_mode)) return FileType::socket;
  if (is_null(status)) return FileType::null;
  return FileType::other;
}

enum class Method { copy, sendfile, splice };

// Into a regular file the kernel copies in any case, so sendfile saves one copy and passes no reference on.
// What is in a pipe or socket already is a snapshot, or the business of him who spliced it in.
Method cheapest(FileType from, FileType to, Pages pages) noexcept {
  const bool to_stream = to == FileType::pipe || to == FileType::socket;
  if (from == FileType::regular && to == FileType::regular) return Method::sendfile;
  if (from == FileType::regular && to_stream)
    return pages == Pages::by_reference ? Method::sendfile : Method::copy;
  if (from == FileType::pipe && (to_stream || to == FileType::null)) return Method::splice;
  if (from == FileType::socket && to == FileType::pipe) return Method::splice;
  return Method::copy;
}

void widen_if_pipe(int fd, FileType type) noexcept {
  if (type == FileType::pipe) widen_pipe(fd);
}

bool would_block(int errnum) noexcept { return errnum == EAGAIN || errnum == EWOULDBLOCK; }

// False when the caller of the transfer does not want to wait.
bool await(const Wait& wait, int fd, short events) {
  return wait ? wait(fd, events) : poll_until(fd, events, Deadline::never());
}

std::size_t read_some(const Endpoint& from, std::byte* data, std::size_t size) {
  for (;;) {
    const ssize_t count = retry_on_eintr([&] { return ::read(from.fd, data, size); });
    if (count >= 0) return static_cast<std::size_t>(count);
    if (!would_block(errno)) fail(errno, "cannot read {}", from.name);
    poll_until(from.fd, POLLIN, Deadline::never());
  }
}

// 0: the caller of the transfer does not want to wait.
std::size_t write_some(const Endpoint& to, const std::byte* data, std::size_t size, const Wait& wait = {}) {
  for (;;) {
    const ssize_t count = retry_on_eintr([&] { return ::write(to.fd, data, size); });
    if (count >= 0) return static_cast<std::size_t>(count);
    const bool has_lost_reader = errno == EPIPE && wait;
    if (!would_block(errno) && !has_lost_reader) fail(errno, "cannot write {}", to.name);
    if (!await(wait, to.fd, POLLOUT)) return 0;
  }
}

std::size_t vmsplice_some(const Endpoint& to, const std::byte* data, std::size_t size) {
  iovec part{const_cast<std::byte*>(data), size};
  for (;;) {
    const ssize_t count = retry_on_eintr([&] { return ::vmsplice(to.fd, &part, 1, 0); });
    if (count >= 0) return static_cast<std::size_t>(count);
    if (!would_block(errno)) fail(errno, "cannot write {}", to.name);
    poll_until(to.fd, POLLOUT, Deadline::never());
  }
}

// Counts what has moved, up to a limit, and tells the caller.
class Meter {
 public:
  Meter(std::uint64_t limit, const Progress& progress) noexcept : m_limit{limit}, m_progress{progress} {}

  std::uint64_t moved() const noexcept { return m_moved; }

  // How much the next step may move; 0 ends the transfer.
  std::size_t next(std::size_t step) const noexcept {
    return static_cast<std::size_t>(std::min<std::uint64_t>(m_limit - m_moved, step));
  }

  void add(std::size_t count) {
    m_moved += count;
    if (m_progress) m_progress(m_moved);
  }

 private:
  std::uint64_t m_limit;
  std::uint64_t m_moved = 0;
  const Progress& m_progress;
};

// Moves by sendfile or splice. Returns true at the end of the source, or when the kernel refuses: its reason
// does not tell which side it came from, nor whether the pair is supported at all. Copying goes on from there
// and finds out. False: the caller of the transfer does not want to wait.
bool move_in_kernel(Method method, const Endpoint& from, const Endpoint& to, const Wait& wait, Meter& meter) {
  const unsigned flags = wait ? SPLICE_F_MOVE | SPLICE_F_NONBLOCK : SPLICE_F_MOVE;
  const auto both_ready = [&] { return await(wait, from.fd, POLLIN) && await(wait, to.fd, POLLOUT); };
  while (const std::size_t step = meter.next(step_size)) {
    const ssize_t count = retry_on_eintr([&] {
      return method == Method::sendfile ? ::sendfile(to.fd, from.fd, nullptr, step)
                                        : ::splice(from.fd, nullptr, to.fd, nullptr, step, flags);
    });
    if (count > 0) {
      meter.add(static_cast<std::size_t>(count));
    } else if (count == 0 || !(would_block(errno) || (errno == EPIPE && wait))) {
      return true;
    } else if (!both_ready()) {
      return false;
    }
  }
  return true;
}

void copy(const Endpoint& from, const Endpoint& to, const Wait& wait, Meter& meter) {
  const auto buffer = std::make_unique_for_overwrite<std::byte[]>(meter.next(buffer_size));
  while (const std::size_t step = meter.next(buffer_size)) {
    if (wait && !(wait(from.fd, POLLIN) && wait(to.fd, POLLOUT))) return;
    const std::size_t count = read_some(from, buffer.get(), step);
    if (count == 0) return;
    for (std::size_t done = 0; done < count;) {
      const std::size_t part = write_some(to, buffer.get() + done, count - done, wait);
      if (part == 0) return;
      done += part;
      meter.add(part);
    }
  }
}

// Takes the page faults of the coming step at once, which is cheaper than one after the other within read(2)
// or write(2). Advice: what cannot be populated is told of by the call that needs it.
class Populator {
 public:
  Populator(const std::byte* begin, std::size_t size, int advice) noexcept
      : m_next{begin}, m_end{begin + size}, m_advice{advice} {}

  void reach(const std::byte* position) noexcept {
    if (position < m_next || m_next == m_end) return;
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    const auto misalignment = reinterpret_cast<std::uintptr_t>(m_next) % page;
    const auto size = std::min(populate_size, static_cast<std::size_t>(m_end - m_next));
    ::madvise(const_cast<std::byte*>(m_next) - misalignment, size + misalignment, m_advice);
    m_next += size;
  }

 private:
  const std::byte* m_next;
  const std::byte* m_end;
  int m_advice;
};

}  // namespace

std::uint64_t transfer(const Endpoint& from, const Endpoint& to, const TransferOptions& options) {
  Meter meter{options.length, options.progress};
  const auto from_type = type_of(from.fd);
  const auto to_type = type_of(to.fd);
  if (options.length > buffer_size && options.widen_pipes) {
    widen_if_pipe(from.fd, from_type);
    widen_if_pipe(to.fd, to_type);
  }
  const auto method = cheapest(from_type, to_type, options.pages);
  const bool may_copy = method == Method::copy || move_in_kernel(method, from, to, options.wait, meter);
  if (may_copy) copy(from, to, options.wait, meter);
  return meter.moved();
}

std::uint64_t transfer(std::span<const std::byte> from, const Endpoint& to, const TransferOptions& options) {
  Meter meter{std::min<std::uint64_t>(options.length, from.size()), options.progress};
  const auto to_type = type_of(to.fd);
  if (from.size() > buffer_size) widen_if_pipe(to.fd, to_type);
  const bool by_reference = options.pages == Pages::by_reference && to_type == FileType::pipe;
  Populator populator{from.data(), meter.next(from.size()), MADV_POPULATE_READ};
  while (const std::size_t step = meter.next(populate_size)) {
    const auto* position = from.data() + meter.moved();
    populator.reach(position);
    meter.add(by_reference ? vmsplice_some(to, position, step) : write_some(to, position, step));
  }
  return meter.moved();
}

std::uint64_t transfer(const Endpoint& from, std::span<std::byte> to, const TransferOptions& options) {
  Meter meter{std::min<std::uint64_t>(options.length, to.size()), options.progress};
  if (to.size() > buffer_size) widen_if_pipe(from.fd, type_of(from.fd));
  Populator populator{to.data(), meter.next(to.size()), MADV_POPULATE_WRITE};
  while (const std::size_t step = meter.next(populate_size)) {
    auto* position = to.data() + meter.moved();
    populator.reach(position);
    const std::size_t count = read_some(from, position, step);
    if (count == 0) break;
    meter.add(count);
  }
  return meter.moved();
}

std::optional<std::uint64_t> known_length(int fd) {
  struct stat status;
  if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size == 0) return std::nullopt;
  const off_t position = ::lseek(fd, 0, SEEK_CUR);
  if (position == -1) return std::nullopt;
  return static_cast<std::uint64_t>(std::max<off_t>(status.st_size - position, 0));
}

}  // namespace ipcutils
