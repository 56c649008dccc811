#include "carrier.hpp"

#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <ipcutils/pipe.hpp>
#include <optional>
#include <utility>

#include "../core/failure.hpp"

namespace ipcutils {

namespace {

using Outcome = Move::Outcome;

// Between a read and a write it stays in the second-level cache. Sockets hold more, and wake their readers
// less often when they get more at once.
constexpr std::size_t cached_size = 128 * 1024;

// UDP has 64 KiB. A packet of a UNIX socket can be longer, and then the memory grows.
constexpr std::size_t packet_size = 256 * 1024;

enum class At { source, sink };

// What a step that moved nothing means for both ends.
Move stopped(At end, const StepResult& result, std::uint64_t taken = 0) {
  switch (result.step) {
    case Step::blocked:
      return {end == At::source ? Outcome::source_blocked : Outcome::sink_blocked, taken};
    case Step::gone:
      return {end == At::source ? Outcome::source_gone : Outcome::sink_gone, taken, 0, result.errnum};
    case Step::refused:
      return {Outcome::refused, taken};
    default:
      return {Outcome::source_ended};
  }
}

// A carrier that holds what it has taken until the sink has room.
class HoldingCarrier : public Carrier {
 public:
  Move move(Source& from, Sink& to, std::size_t limit) final {
    std::uint64_t taken = 0;
    if (!is_loaded()) {
      const auto loaded = load(from, to, limit);
      if (loaded.step != Step::moved) return stopped(At::source, loaded);
      taken = loaded.size;
      if (!is_loaded()) return {Outcome::moved, taken};  // a filter let nothing pass
    }
    // Most often there is room.
    const auto result = unload(to);
    if (result.step != Step::moved) return stopped(At::sink, result, taken);
    return {Outcome::moved, taken, result.size};
  }

 protected:
  virtual StepResult load(Source& from, Sink& to, std::size_t limit) = 0;
  virtual StepResult unload(Sink& to) = 0;
};

class Buffer final : public HoldingCarrier {
 public:
  Buffer(const Source& from, const Sink& to, ByteFilter filter)
      : m_size{from.medium() == Medium::packets                                   ? packet_size
               : is_stream_socket(from.medium()) || is_stream_socket(to.medium()) ? carrier_size
                                                                                  : cached_size},
        m_keeps_packets{from.medium() == Medium::packets && to.medium() == Medium::packets},
        m_filter{std::move(filter)} {}

  bool is_loaded() const noexcept override { return m_left.has_value(); }

  void take_over(Carrier& other) {
    const auto size = other.surrender({memory(), m_size});
    if (size > 0) m_left = {memory(), size};
  }

 protected:
  StepResult load(Source& from, Sink& to, std::size_t limit) override {
    auto data = from.lend(limit);
    if (data.empty() && from.medium() == Medium::memory) return {Step::ended};
    if (data.empty()) {
      const auto place = to.borrow();
      // A packet comes as a whole or not at all.
      const auto most = from.medium() == Medium::packets ? m_size : std::min(limit, m_size);
      const auto into =
          place.empty() ? std::span{memory(), most} : place.first(std::min(place.size(), limit));
      const auto result = from.read(into);
      if (result.step == Step::refused && result.size > m_size) {
        m_size = result.size;
        m_memory.reset();
        return load(from, to, limit);
      }
      if (result.step != Step::moved) return result;
      data = std::span<const std::byte>{into}.first(result.size);
    }
    const StepResult result{Step::moved, data.size()};
    if (m_filter && m_filter(data, m_replacement)) data = std::as_bytes(std::span{m_replacement});
    if (!data.empty() || m_keeps_packets) m_left = data;
    return result;
  }

  StepResult unload(Sink& to) override {
    const auto result = to.write(*m_left);
    if (result.step != Step::moved) return result;
    m_left = m_left->subspan(result.size);
    if (m_left->empty()) m_left.reset();
    return result;
  }

 private:
  std::byte* memory() {
    if (!m_memory) m_memory = std::make_unique_for_overwrite<std::byte[]>(m_size);
    return m_memory.get();
  }

  std::unique_ptr<std::byte[]> m_memory;  // made for the first bytes
  std::size_t m_size;
  bool m_keeps_packets;  // one without bytes is something, too
  ByteFilter m_filter;
  std::string m_replacement;
  std::optional<std::span<const std::byte>> m_left;
};

ssize_t splice_some(int from, int to, std::size_t limit) {
  return retry_on_eintr(
      [&] { return ::splice(from, nullptr, to, nullptr, limit, SPLICE_F_MOVE | SPLICE_F_NONBLOCK); });
}

// What a call that moves bytes by itself has come to. EINVAL: the filesystem or device does not take part.
StepResult outcome_of(ssize_t count, const char* verb, const std::string& name) {
  if (count >= 0) return {Step::moved, static_cast<std::size_t>(count)};
  if (errno == EINVAL) return {Step::refused};
  return failed_step(errno, verb, name);
}

// Splices through a pipe of our own, as neither end is a pipe. The pipe is made for the first bytes: a
// connection on which nothing comes has none.
class SplicePipe final : public HoldingCarrier {
 public:
  bool is_loaded() const noexcept override { return m_held > 0; }

  std::size_t surrender(std::span<std::byte> into) override {
    const auto count =
        retry_on_eintr([&] { return ::read(m_pipe.read_end.get(), into.data(), into.size()); });
    m_held = 0;
    return static_cast<std::size_t>(std::max<ssize_t>(count, 0));
  }

  void widen() override { widen_pipe(m_pipe.write_end.get()); }

 protected:
  StepResult load(Source& from, Sink&, std::size_t limit) override {
    if (!m_pipe.read_end.is_open()) m_pipe = make_pipe(PipeMode::nonblocking);
    auto result = outcome_of(splice_some(from.fd(), m_pipe.write_end.get(), limit), "read", from.name());
    if (result.step == Step::moved && result.size == 0) result.step = Step::ended;
    m_held += result.size;
    return result;
  }

  StepResult unload(Sink& to) override {
    const auto result = outcome_of(splice_some(m_pipe.read_end.get(), to.fd(), m_held), "write", to.name());
    m_held -= result.size;
    return result;
  }

 private:
  Pipe m_pipe;
  std::size_t m_held = 0;
};

// All stays in the source until it is in the sink: where one of them is a pipe, or the source a file. To a
// pipe sendfile(2) would wait unless the pipe is in non-blocking mode.
class DirectSplice final : public Carrier {
 public:
  explicit DirectSplice(bool by_sendfile) : m_by_sendfile{by_sendfile} {}

  Move move(Source& from, Sink& to, std::size_t limit) override {
    const auto count = m_by_sendfile
                           ? retry_on_eintr([&] { return ::sendfile(to.fd(), from.fd(), nullptr, limit); })
                           : splice_some(from.fd(), to.fd(), limit);
    if (count > 0) {
      const auto moved = static_cast<std::uint64_t>(count);
      return {Outcome::moved, moved, moved};
    }
    // Of files in /proc, which say that they are empty, sendfile(2) moves nothing; read(2) does.
    if (count == 0) return {m_by_sendfile ? Outcome::refused : Outcome::source_ended};
    return why_not(errno, from, to);
  }

 private:
  // The kernel does not tell which of the two ends it speaks of. Where neither is a socket, copies find out.
  Move why_not(int errnum, const Source& from, const Sink& to) const {
    if (errnum == EPIPE) return {Outcome::sink_gone, 0, 0, errnum};
    if (errnum == EAGAIN) {
      const auto there = from.look(1);
      return there.step == Step::moved ? Move{Outcome::sink_blocked} : stopped(At::source, there);
    }
    if (errnum == EINVAL) return {Outcome::refused};
    if (is_stream_socket(from.medium())) return stopped(At::source, failed_step(errnum, "read", from.name()));
    if (is_stream_socket(to.medium())) return stopped(At::sink, failed_step(errnum, "write", to.name()));
    return {Outcome::refused};
  }

  bool m_by_sendfile;
};

// The pages of memory themselves, into a pipe.
class LentPages final : public HoldingCarrier {
 public:
  bool is_loaded() const noexcept override { return !m_left.empty(); }

 protected:
  StepResult load(Source& from, Sink&, std::size_t limit) override {
    m_left = from.lend(limit);
    return {m_left.empty() ? Step::ended : Step::moved, m_left.size()};
  }

  StepResult unload(Sink& to) override {
    const iovec part{const_cast<std::byte*>(m_left.data()), m_left.size()};
    const auto count = retry_on_eintr([&] { return ::vmsplice(to.fd(), &part, 1, SPLICE_F_NONBLOCK); });
    if (count < 0) return failed_step(errno, "write", to.name());
    m_left = m_left.subspan(static_cast<std::size_t>(count));
    return {Step::moved, static_cast<std::size_t>(count)};
  }

 private:
  std::span<const std::byte> m_left;
};

bool is_socket_or_pipe(Medium medium) { return medium == Medium::pipe || is_stream_socket(medium); }

}  // namespace

std::unique_ptr<Carrier> copying_carrier_after(Carrier& other, const Source& from, const Sink& to) {
  auto buffer = std::make_unique<Buffer>(from, to, ByteFilter{});
  buffer->take_over(other);
  return buffer;
}

// What is in a pipe or socket already is a snapshot, or the business of whoever spliced it in. Into a regular
// file the kernel copies in any case, so sendfile(2) saves one copy and passes no reference on.
std::unique_ptr<Carrier> carrier_for(const Source& from, const Sink& to, const PumpOptions& options) {
  using enum Medium;
  const auto source = from.medium();
  const auto sink = to.medium();
  const bool by_reference = options.pages == Pages::by_reference;
  const bool is_plain = !options.filter && !(source != memory && from.needs_reading()) && to.takes_splices();
  if (is_plain && source == memory && sink == pipe && by_reference) return std::make_unique<LentPages>();
  if (is_plain && source == file && (sink == file || (is_socket_or_pipe(sink) && by_reference)))
    return std::make_unique<DirectSplice>(sink != pipe);
  if (is_plain && source == pipe && (is_socket_or_pipe(sink) || sink == null_device))
    return std::make_unique<DirectSplice>(false);
  if (is_plain && is_stream_socket(source) && sink == pipe) return std::make_unique<DirectSplice>(false);
  if (is_plain && is_stream_socket(source)) return std::make_unique<SplicePipe>();
  return std::make_unique<Buffer>(from, to, options.filter);
}

}  // namespace ipcutils
