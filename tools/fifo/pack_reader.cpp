#include "pack_reader.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ipcutils/error.hpp>

namespace ipcutils::fifo {

namespace {

constexpr std::size_t read_size = 64 * 1024;

}  // namespace

PackReader::PackReader(int fd, char delimiter, std::size_t limit, std::function<bool()> wait)
    : m_fd{fd},
      m_delimiter{delimiter},
      m_limit{limit},
      m_wait{std::move(wait)},
      m_buffer(limit + read_size) {}

// Reads more behind what there is, of which no record is complete. False at the end of the input.
bool PackReader::fill() {
  std::memmove(m_buffer.data(), m_buffer.data() + m_begin, m_end - m_begin);
  m_end -= m_begin;
  m_begin = 0;
  while (!m_is_at_end) {
    if (!m_wait()) {
      m_is_at_end = true;
      m_begin = m_end;  // a part of a record, which must not be sent as a whole one
      break;
    }
    const ssize_t count = ::read(m_fd, m_buffer.data() + m_end, m_buffer.size() - m_end);
    if (count > 0) {
      m_end += static_cast<std::size_t>(count);
      return true;
    }
    if (count == -1 && errno != EINTR && errno != EAGAIN) throw Error{errno, "cannot read standard input"};
    m_is_at_end = count == 0;
  }
  return false;
}

Pack PackReader::take(std::size_t size, std::uint64_t records) {
  const auto data = unread().substr(0, size);
  m_begin += size;
  m_count += records;
  return {data, records};
}

// Goes over a record to its end without keeping it.
Pack PackReader::skip_record() {
  for (;;) {
    const auto end = unread().find(m_delimiter);
    m_begin += std::min(end, unread().size() - 1) + 1;
    if (end != std::string_view::npos || !fill()) break;
  }
  ++m_count;
  return {{}, 1};
}

std::optional<Pack> PackReader::next() {
  for (;;) {
    const auto fitting = unread().substr(0, m_limit);
    if (const auto end = fitting.rfind(m_delimiter); end != fitting.npos) {
      const auto whole = fitting.substr(0, end + 1);
      return take(whole.size(), static_cast<std::uint64_t>(std::ranges::count(whole, m_delimiter)));
    }
    if (unread().size() > m_limit) return skip_record();
    if (fill()) continue;
    if (unread().empty()) return std::nullopt;
    return take(unread().size(), 1);
  }
}

}  // namespace ipcutils::fifo
