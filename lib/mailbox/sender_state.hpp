// What a sender of a mailbox does in its turn. Internal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "participant.hpp"
#include "record.hpp"

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

  bool wait_for_receivers(unsigned count, const Deadline& deadline);

 private:
  std::byte* begin_at(std::uint64_t head, std::size_t size);
  bool has_room(std::uint64_t end, std::uint64_t head);
  bool has_room_without_dead(std::uint64_t end, std::uint64_t head);
  void forget_oldest(std::uint64_t end, std::uint64_t head);
  void announce_sleep(std::uint64_t wanted) noexcept;

  mailbox::Participant m_own;
  std::uint64_t m_position = 0;  // of the message that has begun
  mailbox::Record m_record{};
  Outcome m_outcome = Outcome::sent;
  std::uint64_t m_dropped = 0;
};

}  // namespace ipcutils
