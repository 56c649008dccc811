// Messages that were taken and are not delivered yet.
#pragma once

#include <cstddef>
#include <ipcutils/message_queue.hpp>
#include <span>
#include <string>
#include <vector>

namespace ipcutils::messages {

// Whether messages are kept until they are delivered.
enum class Keep {
  copies,
  nothing,  // where they come from takes none back
};

// Owns copies, so that they can be put back whatever happens. Memory is needed before a message is taken, and
// never after it: running out of memory loses none.
class KeptMessages {
 public:
  explicit KeptMessages(Keep keep) : m_keep{keep} {}

  // Makes room for one more message of up to `size` bytes. Throws std::bad_alloc.
  void reserve(std::size_t size);

  // Within what was reserved. With Keep::nothing neither has an effect.
  void add(const Message& message) noexcept;
  void drop_last() noexcept;
  void clear() noexcept;

  std::size_t bytes() const noexcept { return m_data.size(); }

  // Those from an index on. Valid until the next change.
  std::span<const Message> from(std::size_t index) noexcept;

 private:
  struct Entry {
    std::size_t end;  // of its bytes in m_data
    MessageProperties properties;
  };
  std::size_t begin_of(std::size_t index) const noexcept { return index == 0 ? 0 : m_entries[index - 1].end; }

  Keep m_keep;
  std::vector<std::byte> m_data;
  std::vector<Entry> m_entries;
  std::vector<Message> m_views;
};

}  // namespace ipcutils::messages
