#include "record_reader.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ipcutils/error.hpp>
#include <ipcutils/wait.hpp>

namespace ipcutils::messages {

namespace {

constexpr std::size_t read_size = 64 * 1024;

// What there is to read, up to a size; 0 at the end. Waits for descriptors in non-blocking mode too.
std::size_t read_some(int fd, char* to, std::size_t size) {
  for (;;) {
    const ssize_t count = ::read(fd, to, size);
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno == EAGAIN)
      wait_for_event(fd, POLLIN, Deadline::never());
    else if (errno != EINTR)
      throw Error{errno, "cannot read standard input"};
  }
}

}  // namespace

RecordReader::RecordReader(int fd, Framing framing, std::size_t limit)
    : m_fd{fd}, m_framing{framing}, m_limit{limit}, m_buffer(read_size) {}

std::optional<Record> RecordReader::next() {
  m_record = m_begin;
  switch (m_framing) {
    case Framing::lines:
    case Framing::nul:
      return next_delimited();
    case Framing::whole:
      return next_whole();
    case Framing::length_prefixed:
      return next_length_prefixed();
  }
  return std::nullopt;
}

std::vector<std::string_view> RecordReader::peek(std::size_t most) const {
  std::vector<std::string_view> records;
  if (m_framing != Framing::lines && m_framing != Framing::nul) return records;
  auto rest = unread();
  while (records.size() < most) {
    const auto end = rest.find(delimiter());
    if (end == rest.npos || end > m_limit) break;
    records.push_back(rest.substr(0, end));
    rest.remove_prefix(end + 1);
  }
  return records;
}

std::string RecordReader::description() const {
  switch (m_framing) {
    case Framing::lines:
      return fmt::format("line {}", m_count);
    case Framing::whole:
      return "standard input";
    case Framing::nul:
    case Framing::length_prefixed:
      break;
  }
  return fmt::format("record {}", m_count);
}

void RecordReader::give_back() noexcept {
  ::lseek(m_fd, -static_cast<off_t>(m_end - m_record), SEEK_CUR);  // a pipe refuses
  m_begin = m_end = m_record = 0;
}

std::string_view RecordReader::unread() const { return {m_buffer.data() + m_begin, m_end - m_begin}; }

// Reads more behind what there is. False at the end of the input.
bool RecordReader::fill() {
  if (m_is_at_end) return false;
  if (m_end == m_buffer.size()) {
    // What lies before the record is done with.
    std::memmove(m_buffer.data(), m_buffer.data() + m_begin, m_end - m_begin);
    m_end -= m_begin;
    m_begin = m_record = 0;
    if (m_end * 2 > m_buffer.size()) m_buffer.resize(m_buffer.size() * 2);
  }
  const auto count = read_some(m_fd, m_buffer.data() + m_end, m_buffer.size() - m_end);
  m_end += count;
  m_is_at_end = count == 0;
  return !m_is_at_end;
}

// Gives the next `size` bytes as a record, which with what belongs to it takes `consumed`.
Record RecordReader::take(std::size_t size, std::size_t consumed) {
  const auto data = unread().substr(0, size);
  m_begin += consumed;
  return {data, size};
}

Record RecordReader::take_too_long() {
  auto record = take(unread().size(), unread().size());
  record.is_size_known = false;
  return record;
}

std::optional<Record> RecordReader::next_delimited() {
  ++m_count;
  for (std::size_t searched = 0;;) {
    const auto text = unread();
    const auto end = text.find(delimiter(), searched);
    if (end != text.npos) return take(end, end + 1);
    if (text.size() > m_limit) return take_too_long();
    searched = text.size();
    if (fill()) continue;
    if (text.empty()) return std::nullopt;
    return take(text.size(), text.size());
  }
}

std::optional<Record> RecordReader::next_whole() {
  if (++m_count > 1) return std::nullopt;
  while (unread().size() <= m_limit && fill()) continue;
  return unread().size() > m_limit ? take_too_long() : take(unread().size(), unread().size());
}

std::optional<Record> RecordReader::next_length_prefixed() {
  constexpr std::size_t header = 4;
  ++m_count;
  const auto require = [&](std::size_t size) {
    while (unread().size() < size)
      if (!fill())
        throw Error::invalid(fmt::format("cannot read {}", description()), "the input ends within it");
  };
  if (unread().empty() && !fill()) return std::nullopt;
  require(header);
  std::size_t size = 0;
  for (const char c : unread().substr(0, header)) size = size << 8 | static_cast<unsigned char>(c);
  if (size > m_limit) return Record{unread().substr(header, size), size};
  require(header + size);
  m_begin += header;
  return take(size, size);
}

}  // namespace ipcutils::messages
