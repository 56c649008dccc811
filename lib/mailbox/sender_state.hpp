// What a sender of a mailbox does in its turn. Internal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "participant.hpp"

namespace ipcutils {

class Mailbox::Sender::State {
 public:
  explicit State(std::unique_ptr<mailbox::MappedFile> file) : m_own{std::move(file)} {
    m_own.slot().state.store(mailbox::SlotState::sending, std::memory_order_relaxed);
  }

  mailbox::MappedFile& file() noexcept { return m_own.file(); }
  std::size_t max_message_size() const noexcept { return m_own.max_message_size(); }
  Outcome last_outcome() const noexcept { return m_outcome; }
  std::uint64_t dropped() const noexcept { return m_dropped; }

  // Room for the bytes of a message, or null; last_outcome() says why. As long as the message is not
  // committed or given up, it is this sender's turn.
  std::byte* begin(std::size_t size, const Deadline& deadline);
  void commit();
  void give_up() noexcept { m_own.end_turn(); }
  void lend() noexcept { m_own.lend_turn(); }

  // Needs a message.
  std::size_t send_some(Messages messages, const Deadline& deadline);

  bool wait_for_receivers(unsigned count, const Deadline& deadline);

 private:
  std::uint64_t overwritten_before(std::uint64_t space) noexcept;
  // Room for one more message, to be committed with those that have begun; null when there is none.
  std::byte* begin_another(std::size_t size);
  std::byte* append(std::size_t size) noexcept;
  bool has_room(std::uint64_t end);
  bool has_room_without_dead(std::uint64_t end);
  void forget_oldest(std::uint64_t end);
  void announce_sleep(std::uint64_t wanted) noexcept;

  mailbox::Participant m_own;
  // Of the messages that have begun and are not committed:
  std::uint64_t m_head = 0;    // the position of the first one
  std::uint64_t m_last = 0;    // of the last one
  std::uint64_t m_end = 0;     // behind it
  std::uint64_t m_number = 0;  // of the next one
  Outcome m_outcome = Outcome::sent;
  std::uint64_t m_dropped = 0;
};

}  // namespace ipcutils
