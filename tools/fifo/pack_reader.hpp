// Records on standard input, as many together as one write(2) can keep together.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

namespace ipcutils::fifo {

// Whole records, as they lie one behind the other.
struct Pack {
  std::string_view data;  // with their ends; valid until the next. Empty: a record that is too long, left out
  std::uint64_t records;
};

// Reads a descriptor in large steps, and gives what is complete without waiting for more. Not thread-safe.
class PackReader {
 public:
  // Packs are of at most `limit` bytes. `wait` is called before each read(2); false ends the input there, and
  // drops a record that is not complete.
  PackReader(int fd, char delimiter, std::size_t limit, std::function<bool()> wait);

  // Nothing at the end of the input. The last record may go without its end.
  std::optional<Pack> next();

  // Of all records so far, which is the number of the last one.
  std::uint64_t count() const noexcept { return m_count; }

 private:
  bool fill();
  Pack take(std::size_t size, std::uint64_t records);
  Pack skip_record();
  std::string_view unread() const { return {m_buffer.data() + m_begin, m_end - m_begin}; }

  int m_fd;
  char m_delimiter;
  std::size_t m_limit;
  std::function<bool()> m_wait;
  std::vector<char> m_buffer;
  std::size_t m_begin = 0;  // of what has not been given
  std::size_t m_end = 0;    // of what has been read
  bool m_is_at_end = false;
  std::uint64_t m_count = 0;
};

}  // namespace ipcutils::fifo
