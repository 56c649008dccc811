#include "batch.hpp"

#include <unistd.h>

#include <algorithm>
#include <ipcutils/error.hpp>
#include <ipcutils/pump.hpp>

namespace ipcutils::messages {

namespace {

// What may be taken and not yet written when SIGKILL comes.
constexpr std::size_t capacity = 64 * 1024;

constexpr const char* attempt = "cannot write standard output";

}  // namespace

void require_reader() {
  pollfd output{STDOUT_FILENO, 0, 0};
  wait_for_events({&output, 1}, Deadline::immediate());
  if ((output.revents & POLLERR) != 0) throw Error{EPIPE, attempt};
}

Batch::Batch(MessageFormat format, Keep keep)
    : m_format{std::move(format)},
      m_sink{byte_sink(Descriptor::borrowed(STDOUT_FILENO), medium_of(STDOUT_FILENO), "standard output")},
      m_kept{keep} {
  m_sink->set_end(Sink::End::nothing);
}

// Records can be shorter than their messages, and messages without a byte.
bool Batch::is_full() const {
  return std::max({m_output.size(), m_kept.bytes(), m_record_ends.size()}) >= capacity;
}

void Batch::reserve(std::size_t size) {
  m_kept.reserve(size);
  if (m_record_ends.size() == m_record_ends.capacity()) m_record_ends.reserve(2 * m_record_ends.size() + 1);
}

void Batch::add(const ReceivedMessage& message, std::uint64_t number) {
  m_kept.add(message);
  m_record_ends.push_back(m_output.size());
  m_format.append_to(m_output, message, number);
  m_record_ends.back() = m_output.size();
}

bool Batch::write(const Interruption& interruption) {
  const auto source = memory_source(std::as_bytes(std::span{m_output}).subspan(m_written));
  Pump pump{source.get(), m_sink.get(), {}};
  // Also of what is written before an error.
  struct Note {
    std::size_t& written;
    const Pump& pump;
    ~Note() { written += pump.count().bytes; }
  };
  const auto stop = [&] {
    const Note note{m_written, pump};
    return pump.run(Deadline::never().interrupted_by(interruption));
  }();
  if (stop == Pump::Stop::sink_gone) throw Error{pump.count().errnum, attempt};
  if (stop == Pump::Stop::interrupted) return false;
  m_kept.clear();
  m_record_ends.clear();
  m_output.clear();
  m_written = 0;
  return true;
}

// A record without a single byte is delivered when what follows it is: it cannot be told otherwise.
std::span<const Message> Batch::undelivered() noexcept {
  std::size_t delivered = 0;
  std::size_t begin = 0;
  for (; delivered < m_record_ends.size(); ++delivered) {
    const auto end = m_record_ends[delivered];
    if (begin >= m_written || end > m_written) break;
    begin = end;
  }
  return m_kept.from(delivered);
}

}  // namespace ipcutils::messages
