#include "sender_state.hpp"

#include <algorithm>
#include <cstring>

#include "receivers.hpp"
#include "record.hpp"

namespace ipcutils {

using namespace mailbox;

// The position below which the ring is overwritten when so many bytes follow the messages that have begun.
std::uint64_t Mailbox::Sender::State::overwritten_before(std::uint64_t space) noexcept {
  const auto capacity = file().capacity();
  return m_end + space > capacity ? m_end + space - capacity : 0;
}

std::byte* Mailbox::Sender::State::begin(std::size_t size, const Deadline& deadline) {
  auto& shared = m_own.header();
  for (;;) {
    file().require_not_removed();
    m_outcome = Outcome::timed_out;
    if (m_own.take_turn(deadline) != Waited::ready) return nullptr;
    Turn turn{m_own};
    m_head = m_end = shared.head.load(std::memory_order_relaxed);
    m_number = shared.sent.load(std::memory_order_relaxed);
    const auto end = overwritten_before(space_of(size));
    if (has_room(end) || has_room_without_dead(end)) {
      forget_oldest(end);
      turn.keep();
      m_outcome = Outcome::sent;
      return append(size);
    }
    if (file().on_full() == OnFull::drop) {
      ++m_dropped;
      shared.dropped.fetch_add(1, std::memory_order_relaxed);
      m_outcome = Outcome::dropped;
      return nullptr;
    }
    if (deadline.time_left() == Duration::zero()) return nullptr;
    const auto seen = shared.room.load();
    announce_sleep(overwritten_before(std::max(space_of(size), file().capacity() / 2)));
    if (has_room(end)) continue;
    turn.end();
    if (m_own.sleep(shared.room, seen, deadline, longest_wait_for_others) == Waited::interrupted)
      return nullptr;
    file().require_exists();
  }
}

// Those that have begun must not overwrite each other.
std::byte* Mailbox::Sender::State::begin_another(std::size_t size) {
  const auto end = overwritten_before(space_of(size));
  if (end > m_head || !has_room(end)) return nullptr;
  forget_oldest(end);
  return append(size);
}

std::byte* Mailbox::Sender::State::append(std::size_t size) noexcept {
  const auto size_in_record = static_cast<std::uint32_t>(size);
  const Record record{m_number, size_in_record, check_of(m_end, m_number, size_in_record)};
  auto* const begin = file().at(m_end);
  std::memcpy(begin, &record, sizeof record);
  m_last = m_end;
  m_end += space_of(size);
  ++m_number;
  return begin + sizeof record;
}

void Mailbox::Sender::State::commit() {
  auto& shared = m_own.header();
  if (const Turn turn{m_own}; true) {
    file().require_whole();
    shared.head.store(m_end, std::memory_order_seq_cst);
    shared.last.store(m_last, std::memory_order_relaxed);
    shared.sent.store(m_number, std::memory_order_relaxed);
  }
  m_own.wake_receivers();
  // The receivers have the lines that the next message will take: ask for them while nothing waits for them.
  for (std::uint64_t line = 0; line < 2; ++line) __builtin_prefetch(file().at(m_end + line * alignment), 1);
}

std::size_t Mailbox::Sender::State::send_some(Messages messages, const Deadline& deadline) {
  auto* room = begin(messages.front().size(), deadline);
  if (room == nullptr) return m_outcome == Outcome::dropped ? 1 : 0;
  Turn turn{m_own};
  std::size_t count = 0;
  while (room != nullptr) {
    const auto data = messages[count++];
    if (!data.empty()) std::memcpy(room, data.data(), data.size());
    room = count < messages.size() ? begin_another(messages[count].size()) : nullptr;
  }
  turn.keep();
  commit();
  return count;
}

// Asks the receivers only when what is known of them does not suffice.
bool Mailbox::Sender::State::has_room(std::uint64_t end) {
  auto& shared = m_own.header();
  if (file().on_full() == OnFull::overwrite || end <= shared.oldest.load(std::memory_order_relaxed))
    return true;
  if (end <= shared.floor.load(std::memory_order_relaxed)) return true;
  const auto lowest = lowest_cursor(m_own, m_head);
  shared.floor.store(lowest, std::memory_order_relaxed);
  return end <= lowest;
}

bool Mailbox::Sender::State::has_room_without_dead(std::uint64_t end) {
  forget_dead(m_own, end);
  return has_room(end);
}

// Before the first byte is overwritten, so that a receiver that has copied it afterwards knows.
void Mailbox::Sender::State::forget_oldest(std::uint64_t end) {
  auto& oldest = m_own.header().oldest;
  auto position = oldest.load(std::memory_order_relaxed);
  if (position >= end) return;
  while (position < end) {
    const auto record = record_at(file(), position, m_head);
    if (!record) file().fail_damaged("one of its messages has been overwritten by something else");
    position += space_of(record->size);
  }
  oldest.store(position, std::memory_order_relaxed);
  fence(std::memory_order_release);
}

// Receivers wake nobody before so much is free that it pays; a sender that needs less looks again by itself.
void Mailbox::Sender::State::announce_sleep(std::uint64_t wanted) noexcept {
  auto& shared = m_own.header();
  const bool others_sleep = shared.senders_sleep.load() != 0;
  shared.wanted.store(others_sleep ? std::min(wanted, shared.wanted.load()) : wanted);
  shared.senders_sleep.store(1, std::memory_order_seq_cst);
}

bool Mailbox::Sender::State::wait_for_receivers(unsigned count, const Deadline& deadline) {
  auto& shared = m_own.header();
  for (;;) {
    const auto seen = shared.room.load();
    shared.senders_sleep.store(1, std::memory_order_seq_cst);
    if (count_receivers(m_own) >= count) return true;
    file().require_exists();
    if (deadline.time_left() == Duration::zero()) return false;
    if (m_own.sleep(shared.room, seen, deadline, longest_wait_for_others) == Waited::interrupted)
      return false;
  }
}

}  // namespace ipcutils
