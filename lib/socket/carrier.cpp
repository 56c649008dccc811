#include "carrier.hpp"

#include <fcntl.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "../core/failure.hpp"
#include "../core/pipe.hpp"

namespace ipcutils {

namespace {

// The longest packet that is taken: UDP has 64 KiB, UNIX sockets as long ones as the sender's buffer.
constexpr std::size_t packet_size = 256 * 1024;

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

  void take_over(Carrier& other) {
    const auto size = other.give_back({m_memory.get(), m_size});
    if (size > 0) m_left = {m_memory.get(), size};
  }

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

// What a call that moves bytes by itself has come to. EINVAL: the filesystem or device does not take part.
StepResult outcome(ssize_t count, const char* verb, const std::string& name) {
  if (count >= 0) return {Step::moved, static_cast<std::size_t>(count)};
  if (errno == EINVAL) return {Step::refused};
  return failed_step(errno, verb, name);
}

// In a pipe of our own, between two that are none. It is made for the first bytes: a connection on which
// nothing comes has none.
class OwnPipe final : public Carrier {
 public:
  StepResult load(Source& from, std::size_t limit) override {
    if (!m_in.is_open()) make();
    auto result = outcome(splice_some(from.fd(), m_in.get(), limit), "read", from.name());
    if (result.step == Step::moved && result.size == 0) result.step = Step::ended;
    m_held += result.size;
    return result;
  }

  StepResult unload(Destination& to) override {
    const auto result = outcome(splice_some(m_out.get(), to.fd(), m_held), "write", to.name());
    m_held -= result.size;
    return result;
  }

  std::size_t give_back(std::span<std::byte> into) override {
    const auto count = retry_on_eintr([&] { return ::read(m_out.get(), into.data(), into.size()); });
    m_held = 0;
    return static_cast<std::size_t>(std::max<ssize_t>(count, 0));
  }

  bool is_loaded() const noexcept override { return m_held > 0; }

  void widen() override { widen_pipe(m_in.get()); }

 private:
  void make() {
    std::array<int, 2> ends;
    if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) fail(errno, "cannot make a pipe");
    m_out.reset(ends[0]);
    m_in.reset(ends[1]);
  }

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
    const bool has_pages = m_from->type() == DescriptorType::file && is_socket(to.type());
    const auto count =
        has_pages ? retry_on_eintr([&] { return ::sendfile(to.fd(), m_from->fd(), nullptr, m_there); })
                  : splice_some(m_from->fd(), to.fd(), m_there);
    const auto result = outcome(count, "write", to.name());
    // A file that was shortened meanwhile gives nothing; of a pipe, somebody else may have read it.
    const bool has_vanished =
        count == 0 || (result.step == Step::blocked && m_from->look(m_there).step != Step::moved);
    if (has_vanished || result.step == Step::refused)
      return {has_vanished ? Step::blocked : Step::refused, std::exchange(m_there, 0)};
    m_there -= result.size;
    return result;
  }

  bool is_loaded() const noexcept override { return m_there > 0; }

 private:
  Source* m_from = nullptr;
  std::size_t m_there = 0;
};

std::unique_ptr<Buffer> make_buffer(const Source& from, const Destination& to, Filter filter) {
  const auto size = from.has_packets() ? packet_size : carrier_size;
  return std::make_unique<Buffer>(size, from.has_packets() && to.has_packets(), std::move(filter));
}

bool is_splice_source(DescriptorType type) {
  return type == DescriptorType::pipe || type == DescriptorType::file || is_socket(type);
}

}  // namespace

std::unique_ptr<Carrier> copying_carrier_after(Carrier& other, const Source& from, const Destination& to) {
  auto buffer = make_buffer(from, to, {});
  buffer->take_over(other);
  return buffer;
}

std::unique_ptr<Carrier> carrier_for(const Source& from, const Destination& to, Filter filter) {
  using enum DescriptorType;
  const bool is_copied = filter || from.needs_reading() || to.has_packets() || !to.takes_splices() ||
                         !is_splice_source(from.type()) || (from.type() == file && to.type() == file) ||
                         (from.type() == file && to.type() == null_device);
  if (is_copied) return make_buffer(from, to, std::move(filter));
  if (is_socket(from.type()) && to.type() != pipe) return std::make_unique<OwnPipe>();
  return std::make_unique<NoCarrier>();
}

}  // namespace ipcutils
