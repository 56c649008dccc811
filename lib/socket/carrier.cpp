#include "carrier.hpp"

#include <fcntl.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>

#include "../core/failure.hpp"

namespace ipcutils {

namespace {

// What one step copies. With sockets of TCP nothing is faster than large copies, nor is splice(2).
constexpr std::size_t copy_size = 1024 * 1024;

// The longest packet that is taken: UDP has 64 KiB, UNIX sockets as long ones as the sender's buffer.
constexpr std::size_t packet_size = 256 * 1024;

constexpr int pipe_size = 1024 * 1024;

class Buffer final : public Carrier {
 public:
  Buffer(std::size_t size, bool keeps_packets, Filter filter)
      : m_memory{std::make_unique_for_overwrite<std::byte[]>(size)},
        m_size{size},
        m_keeps_packets{keeps_packets},
        m_filter{std::move(filter)} {}

  StepResult load(Source& from, std::size_t limit) override {
    // A packet comes as a whole or not at all.
    const auto result = from.read({m_memory.get(), from.has_packets() ? m_size : std::min(limit, m_size)});
    if (result.step != Step::moved) return result;
    std::span<const std::byte> data{m_memory.get(), result.size};
    if (m_filter && m_filter(data, m_replacement)) data = std::as_bytes(std::span{m_replacement});
    if (!data.empty() || m_keeps_packets) m_left = data;
    return result;
  }

  StepResult unload(Destination& to) override {
    const auto result = to.write(*m_left);
    if (result.step != Step::moved) return result;
    m_left = m_left->subspan(result.size);
    if (m_left->empty()) m_left.reset();
    return result;
  }

  bool is_loaded() const noexcept override { return m_left.has_value(); }

 private:
  std::unique_ptr<std::byte[]> m_memory;
  std::size_t m_size;
  bool m_keeps_packets;  // one without bytes is something, too
  Filter m_filter;
  std::string m_replacement;
  std::optional<std::span<const std::byte>> m_left;
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

  StepResult load(Source& from, std::size_t limit) override {
    const auto count = splice_some(from.fd(), m_in.get(), limit);
    if (count == -1) return failed_step(errno, "read", from.name());
    m_held += static_cast<std::size_t>(count);
    return {count == 0 ? Step::ended : Step::moved, static_cast<std::size_t>(count)};
  }

  StepResult unload(Destination& to) override {
    const auto count = splice_some(m_out.get(), to.fd(), m_held);
    if (count == -1) return failed_step(errno, "write", to.name());
    m_held -= static_cast<std::size_t>(count);
    return {Step::moved, static_cast<std::size_t>(count)};
  }

  bool is_loaded() const noexcept override { return m_held > 0; }

 private:
  FileDescriptor m_out;
  FileDescriptor m_in;
  std::size_t m_held = 0;
};

// All stays in the source until it is at the destination: where one of them is a pipe, or the source a file.
class NoCarrier final : public Carrier {
 public:
  StepResult load(Source& from, std::size_t limit) override {
    const auto result = from.look(limit);
    m_from = &from;
    m_there = result.size;
    return result;
  }

  StepResult unload(Destination& to) override {
    const bool is_between_pages = m_from->type() == DescriptorType::file && is_socket(to.type());
    const auto count =
        is_between_pages ? retry_on_eintr([&] { return ::sendfile(to.fd(), m_from->fd(), nullptr, m_there); })
                         : splice_some(m_from->fd(), to.fd(), m_there);
    if (count == -1) return failed_step(errno, "write", to.name());
    // A file that was shortened meanwhile gives nothing.
    m_there = count == 0 ? 0 : m_there - static_cast<std::size_t>(count);
    return {Step::moved, static_cast<std::size_t>(count)};
  }

  bool is_loaded() const noexcept override { return m_there > 0; }

 private:
  Source* m_from = nullptr;
  std::size_t m_there = 0;
};

}  // namespace

std::unique_ptr<Carrier> copying_carrier(const Source& from, const Destination& to, Filter filter) {
  const auto size = from.has_packets() ? packet_size : copy_size;
  return std::make_unique<Buffer>(size, from.has_packets() && to.has_packets(), std::move(filter));
}

std::unique_ptr<Carrier> carrier_for(const Source& from, const Destination& to, Filter filter) {
  using enum DescriptorType;
  const bool is_for_splice = !filter && !from.needs_reading() && !to.has_packets() && to.takes_splices() &&
                             from.type() != other && from.type() != other_socket && to.type() != other_socket;
  if (!is_for_splice) return copying_carrier(from, to, std::move(filter));
  if (from.type() == unix_socket && to.type() == unix_socket) return std::make_unique<OwnPipe>();
  return std::make_unique<NoCarrier>();
}

}  // namespace ipcutils
