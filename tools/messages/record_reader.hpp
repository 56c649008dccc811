// Records on standard input, as they are taken apart for messages.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ipcutils::messages {

enum class Framing {
  lines,            // each ends in newline, the last one may go without
  nul,              // each ends in NUL
  whole,            // all of the input is one record
  length_prefixed,  // each follows its length, in 32 bits, the highest first
};

// One record of the input.
struct Record {
  std::string_view data;      // valid until the next is read; no more than shows that it is too long
  std::uint64_t size;         // bytes that it has, or has at least
  bool is_size_known = true;  // false: its end has not been looked for, since it is longer than the limit
};

// Reads a descriptor in large steps, and gives records as soon as they are complete. Not thread-safe.
class RecordReader {
 public:
  // Records of more than `limit` bytes are cut short.
  RecordReader(int fd, Framing framing, std::size_t limit);

  // The next record; nothing at the end of the input. Blocks until one is complete. Throws Error for an
  // input that ends within a record with a length, or that cannot be read.
  std::optional<Record> next();

  // The lines, or records that end in NUL, which next() will give without reading any more; no more than
  // `most`. They are valid until next() has to read.
  std::vector<std::string_view> peek(std::size_t most) const;

  // What the record that next() gave last is called: "line 3", "record 3", "standard input".
  std::string description() const;

  // Sets the position of an input that can be sought to the beginning of the record that next() gave last:
  // what was read ahead is there for the next program.
  void give_back() noexcept;

 private:
  bool fill();
  std::string_view unread() const;
  char delimiter() const { return m_framing == Framing::nul ? '\0' : '\n'; }
  Record take(std::size_t size, std::size_t consumed);
  Record take_too_long();
  std::optional<Record> next_delimited();
  std::optional<Record> next_whole();
  std::optional<Record> next_length_prefixed();

  int m_fd;
  Framing m_framing;
  std::size_t m_limit;
  std::vector<char> m_buffer;
  std::size_t m_record = 0;  // where the record begins that was given last
  std::size_t m_begin = 0;   // where the next one begins
  std::size_t m_end = 0;     // of what has been read
  bool m_is_at_end = false;
  std::uint64_t m_count = 0;  // of records
};

}  // namespace ipcutils::messages
