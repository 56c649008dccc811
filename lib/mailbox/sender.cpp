#include <algorithm>
#include <cstring>

#include "../core/failure.hpp"
#include "participant.hpp"
#include "receivers.hpp"
#include "record.hpp"

namespace ipcutils {

using namespace mailbox;

class Mailbox::Sender::State {
 public:
  explicit State(std::unique_ptr<MappedFile> file) : m_own{std::move(file)} {
    m_own.slot().state.store(SlotState::sending, std::memory_order_relaxed);
  }

  MappedFile& file() noexcept { return m_own.file(); }
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

  Participant m_own;
  std::uint64_t m_position = 0;  // of the message that has begun
  Record m_record{};
  Outcome m_outcome = Outcome::sent;
  std::uint64_t m_dropped = 0;
};

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

std::optional<Mailbox::Sender> Mailbox::Sender::open_if_exists(const Reference& reference, Trust trust) {
  auto file = MappedFile::open_if_exists(reference, trust);
  if (!file) return std::nullopt;
  return Sender{std::make_unique<State>(std::move(file))};
}

Mailbox::Sender Mailbox::Sender::open(const Reference& reference, Trust trust) {
  if (auto found = open_if_exists(reference, trust)) return std::move(*found);
  fail(ENOENT, "cannot open {}", reference.description());
}

Mailbox::Sender::Sender(std::unique_ptr<State> state) : m_state{std::move(state)} {}
Mailbox::Sender::Sender(Sender&&) noexcept = default;
Mailbox::Sender& Mailbox::Sender::operator=(Sender&&) noexcept = default;
Mailbox::Sender::~Sender() = default;

const Reference& Mailbox::Sender::reference() const noexcept { return m_state->file().reference(); }

OnFull Mailbox::Sender::on_full() const noexcept { return m_state->file().on_full(); }

std::size_t Mailbox::Sender::max_message_size() const noexcept { return m_state->max_message_size(); }

void Mailbox::Sender::require_fits(std::size_t size) const {
  if (size <= max_message_size()) return;
  throw Error{EMSGSIZE, fmt::format("cannot send a message to {}", reference().description()),
              fmt::format("it takes messages of up to {} bytes", max_message_size())};
}

void Mailbox::Sender::require_exists() const { m_state->file().require_exists(); }

std::optional<Mailbox::Loan> Mailbox::Sender::loan(std::size_t size, const Deadline& deadline) {
  require_fits(size);
  auto* const room = m_state->begin(size, deadline);
  if (room == nullptr) return std::nullopt;
  m_state->lend();
  return Loan{*m_state, {room, size}};
}

Mailbox::Sender::Outcome Mailbox::Sender::send(std::span<const std::byte> data, const Deadline& deadline) {
  require_fits(data.size());
  if (auto* const room = m_state->begin(data.size(), deadline)) {
    if (!data.empty()) std::memcpy(room, data.data(), data.size());
    m_state->commit();
  }
  return last_outcome();
}

Mailbox::Sender::Outcome Mailbox::Sender::last_outcome() const noexcept { return m_state->last_outcome(); }

bool Mailbox::Sender::wait_for_receivers(unsigned count, const Deadline& deadline) {
  return m_state->wait_for_receivers(count, deadline);
}

std::uint64_t Mailbox::Sender::dropped() const noexcept { return m_state->dropped(); }

Mailbox::Loan::Loan(Loan&& other) noexcept
    : m_sender{std::exchange(other.m_sender, nullptr)}, m_data{std::exchange(other.m_data, {})} {}

Mailbox::Loan::~Loan() {
  if (m_sender != nullptr) m_sender->give_up();
}

void Mailbox::Loan::commit() { std::exchange(m_sender, nullptr)->commit(); }

}  // namespace ipcutils
