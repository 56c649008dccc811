#include "sender_state.hpp"

#include <algorithm>
#include <cstring>

#include "receivers.hpp"

namespace ipcutils {

using namespace mailbox;

namespace {

// The position below which a message at `head` overwrites the ring.
std::uint64_t overwritten_before(std::uint64_t head, std::uint64_t space, std::uint64_t capacity) noexcept {
  return head + space > capacity ? head + space - capacity : 0;
}

}  // namespace

std::byte* Mailbox::Sender::State::begin(std::size_t size, const Deadline& deadline) {
  auto& shared = m_own.header();
  const auto capacity = file().capacity();
  for (;;) {
    file().require_not_removed();
    m_outcome = Outcome::timed_out;
    if (m_own.take_turn(deadline) != Waited::ready) return nullptr;
    Turn turn{m_own};
    const auto head = shared.head.load(std::memory_order_relaxed);
    const auto end = overwritten_before(head, space_of(size), capacity);
    if (has_room(end, head) || has_room_without_dead(end, head)) {
      forget_oldest(end, head);
      turn.keep();
      return begin_at(head, size);
    }
    if (file().on_full() == OnFull::drop) {
      ++m_dropped;
      shared.dropped.fetch_add(1, std::memory_order_relaxed);
      m_outcome = Outcome::dropped;
      return nullptr;
    }
    if (deadline.time_left() == Duration::zero()) return nullptr;
    const auto seen = shared.room.load();
    announce_sleep(overwritten_before(head, std::max(space_of(size), capacity / 2), capacity));
    if (has_room(end, head)) continue;
    turn.end();
    if (m_own.sleep(shared.room, seen, deadline, longest_wait_for_others) == Waited::interrupted)
      return nullptr;
    file().require_exists();
  }
}

std::byte* Mailbox::Sender::State::begin_at(std::uint64_t head, std::size_t size) {
  const auto number = m_own.header().sent.load(std::memory_order_relaxed);
  const auto size_in_record = static_cast<std::uint32_t>(size);
  m_position = head;
  m_record = {number, size_in_record, check_of(head, number, size_in_record)};
  m_outcome = Outcome::sent;
  return file().at(head) + sizeof(Record);
}

void Mailbox::Sender::State::commit() {
  auto& shared = m_own.header();
  std::memcpy(file().at(m_position), &m_record, sizeof m_record);
  if (const Turn turn{m_own}; true) {
    file().require_whole();
    shared.head.store(m_position + space_of(m_record.size), std::memory_order_seq_cst);
    shared.last.store(m_position, std::memory_order_relaxed);
    shared.sent.store(m_record.number + 1, std::memory_order_relaxed);
  }
  m_own.wake_receivers();
  // The receivers have the lines that the next message will take: ask for them while nothing waits for them.
  for (std::uint64_t line = 0; line < 2; ++line)
    __builtin_prefetch(file().at(m_position + space_of(m_record.size) + line * alignment), 1);
}

// Asks the receivers only when what is known of them does not suffice.
bool Mailbox::Sender::State::has_room(std::uint64_t end, std::uint64_t head) {
  auto& shared = m_own.header();
  if (file().on_full() == OnFull::overwrite || end <= shared.oldest.load(std::memory_order_relaxed))
    return true;
  if (end <= shared.floor.load(std::memory_order_relaxed)) return true;
  const auto lowest = lowest_cursor(m_own, head);
  shared.floor.store(lowest, std::memory_order_relaxed);
  return end <= lowest;
}

bool Mailbox::Sender::State::has_room_without_dead(std::uint64_t end, std::uint64_t head) {
  forget_dead(m_own, end);
  return has_room(end, head);
}

// Before the first byte is overwritten, so that a receiver that has copied it afterwards knows.
void Mailbox::Sender::State::forget_oldest(std::uint64_t end, std::uint64_t head) {
  auto& oldest = m_own.header().oldest;
  auto position = oldest.load(std::memory_order_relaxed);
  if (position >= end) return;
  while (position < end) {
    const auto record = record_at(file(), position, head);
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
