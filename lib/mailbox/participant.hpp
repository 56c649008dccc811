// One handle that is open on a mailbox, with a slot of its own. Internal.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>

#include "../core/futex.hpp"
#include "mapped_file.hpp"

namespace ipcutils::mailbox {

// How long to sleep at most: what waits for other processes looks then whether they live; what waits for
// messages, whether the mailbox is still there.
inline constexpr auto longest_wait_for_others = std::chrono::milliseconds{10};
inline constexpr auto longest_wait_for_message = std::chrono::milliseconds{200};

// Takes a slot, and gives it back at the end. What a process that died has left in the slot is put in order.
class Participant {
 public:
  explicit Participant(std::unique_ptr<MappedFile> file);
  Participant(const Participant&) = delete;
  Participant& operator=(const Participant&) = delete;
  ~Participant();

  MappedFile& file() noexcept { return *m_file; }
  Header& header() noexcept { return m_file->header(); }
  Slot& slot() noexcept { return m_file->slot(m_index); }
  std::uint32_t index() const noexcept { return m_index; }
  const Reference& reference() const noexcept { return m_file->reference(); }

  // Bytes of the longest message.
  std::size_t max_message_size() const noexcept {
    return std::min<std::uint64_t>(m_file->capacity() - sizeof(Record),
                                   std::numeric_limits<std::uint32_t>::max());
  }

  // Waits until it is this handle's turn to change what the turn guards. Another one whose process has died
  // loses the turn, and what it left undone is put in order. Calls do not nest.
  Waited take_turn(const Deadline& deadline);
  void end_turn() noexcept;
  void lend_turn() noexcept;  // it may last

  // Sleeps for `longest` at most, so that a death, a removal or a change that nobody told of is seen. `ready`
  // then, as long as the deadline has not passed.
  Waited sleep(const std::atomic<std::uint32_t>& word, std::uint32_t expected, const Deadline& deadline,
               Duration longest);

  // Wakes the senders that wait for room or for receivers.
  void wake_senders() noexcept;

  // Wakes the receivers that wait for a message.
  void wake_receivers() noexcept;

 private:
  std::uint32_t take_slot();
  bool try_turn(std::uint32_t mine) noexcept;
  void take_over_from_dead(std::uint32_t turn);
  void repair() noexcept;

  std::unique_ptr<MappedFile> m_file;
  std::uint32_t m_index;
  FutexSleep m_sleep;
};

// A turn that has begun. Ends it, unless it is kept.
class Turn {
 public:
  explicit Turn(Participant& own) noexcept : m_own{&own} {}
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() { end(); }

  void keep() noexcept { m_own = nullptr; }
  void end() noexcept {
    if (m_own != nullptr) m_own->end_turn();
    m_own = nullptr;
  }

 private:
  Participant* m_own;
};

// How many times to look again before a sleep: none with one processor, which the other side needs.
int spin_count() noexcept;

// Tells the processor that this is a loop that waits.
inline void spin_once() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#endif
}

}  // namespace ipcutils::mailbox
