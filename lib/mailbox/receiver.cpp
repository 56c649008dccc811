#include <algorithm>
#include <limits>
#include <vector>

#include "../core/failure.hpp"
#include "participant.hpp"
#include "record.hpp"

namespace ipcutils {

using namespace mailbox;

class Mailbox::Receiver::State {
 public:
  State(std::unique_ptr<MappedFile> file, StartAt start);

  MappedFile& file() noexcept { return m_own.file(); }
  std::size_t max_message_size() const noexcept { return m_own.max_message_size(); }
  std::uint64_t lost() const noexcept { return m_lost; }

  std::optional<Message> receive(const Deadline& deadline);
  void release();

 private:
  void join(StartAt start);
  std::uint64_t first_position(StartAt start);
  bool wait_for_message(const Deadline& deadline);
  Record record_here();
  std::span<const std::byte> take_in_place();
  std::optional<std::span<const std::byte>> try_take_copy();
  void skip_to(std::uint64_t position);
  bool has_been_overtaken() noexcept;

  Participant m_own;
  // The slot's numbers are for others. These are not read from there, where anybody could change them.
  std::uint64_t m_cursor = 0;  // of the message that is read next, or that the caller has
  std::uint64_t m_next = 0;    // its number
  std::uint64_t m_end = 0;     // of it, when the caller has it; otherwise m_cursor
  std::uint64_t m_head = 0;    // as seen last
  std::uint64_t m_lost = 0;
  std::vector<std::byte> m_copy;  // with OnFull::overwrite
};

Mailbox::Receiver::State::State(std::unique_ptr<MappedFile> file, StartAt start) : m_own{std::move(file)} {
  if (m_own.take_turn(Deadline::never().interrupted_by_any()) != Waited::ready)
    fail(EINTR, "cannot join {}", m_own.reference().description());
  if (const Turn turn{m_own}; true) join(start);
  m_own.wake_senders();
}

void Mailbox::Receiver::State::join(StartAt start) {
  auto& shared = m_own.header();
  auto& slot = m_own.slot();
  m_head = shared.head.load(std::memory_order_acquire);
  m_cursor = m_end = first_position(start);
  m_next = m_cursor == m_head ? shared.sent.load(std::memory_order_relaxed) : record_here().number;
  const auto used = shared.receiver_slots.load(std::memory_order_relaxed);
  shared.receiver_slots.store(std::max(used, m_own.index() + 1), std::memory_order_relaxed);
  shared.floor.store(std::min(shared.floor.load(std::memory_order_relaxed), m_cursor),
                     std::memory_order_relaxed);
  slot.cursor.store(m_cursor, std::memory_order_relaxed);
  slot.next.store(m_next, std::memory_order_relaxed);
  slot.state.store(SlotState::receiving, std::memory_order_release);
}

std::uint64_t Mailbox::Receiver::State::first_position(StartAt start) {
  const auto& shared = m_own.header();
  const auto oldest = shared.oldest.load(std::memory_order_relaxed);
  if (start == StartAt::now || oldest == m_head) return m_head;
  return start == StartAt::oldest ? oldest : shared.last.load(std::memory_order_relaxed);
}

bool Mailbox::Receiver::State::wait_for_message(const Deadline& deadline) {
  auto& shared = m_own.header();
  const auto has_come = [&] {
    m_head = shared.head.load();
    return m_head != m_cursor;
  };
  if (has_come()) return true;
  // Each look takes the line from the sender that writes it: ever longer pauses let it write several
  // messages.
  const int most = deadline.time_left() == Duration::zero() ? 0 : spin_count();
  for (int pause = 4; pause <= most; pause *= 2) {
    for (int i = 0; i < pause; ++i) spin_once();
    if (has_come()) return true;
  }
  for (;;) {
    const auto seen = shared.arrivals.load();
    shared.receivers_sleep.store(1, std::memory_order_seq_cst);
    if (has_come()) return true;
    file().require_not_removed();
    if (deadline.time_left() == Duration::zero()) return false;
    const auto waited = m_own.sleep(shared.arrivals, seen, deadline, longest_wait_for_message);
    if (waited == Waited::interrupted) return has_come();
    if (shared.arrivals.load() == seen) file().require_exists();  // nobody woke this receiver
  }
}

std::optional<Message> Mailbox::Receiver::State::receive(const Deadline& deadline) {
  release();
  for (;;) {
    if (m_cursor == m_head && !wait_for_message(deadline)) return std::nullopt;
    if (file().on_full() != OnFull::overwrite) return Message{take_in_place(), {}};
    if (const auto data = try_take_copy()) return Message{*data, {}};
  }
}

Record Mailbox::Receiver::State::record_here() {
  const auto record = record_at(file(), m_cursor, m_head);
  file().require_whole();
  if (!record) file().fail_damaged("one of its messages has been overwritten by something else");
  return *record;
}

std::span<const std::byte> Mailbox::Receiver::State::take_in_place() {
  const auto record = record_here();
  m_next = record.number;
  m_end = m_cursor + space_of(record.size);
  return {file().at(m_cursor) + sizeof(Record), record.size};
}

// Whether senders may have overwritten what was read since. On its own side a sender moves `oldest` first.
bool Mailbox::Receiver::State::has_been_overtaken() noexcept {
  fence(std::memory_order_acquire);
  return m_own.header().oldest.load(std::memory_order_acquire) > m_cursor;
}

// Nothing when senders have overtaken this receiver, which has skipped to the oldest message then.
std::optional<std::span<const std::byte>> Mailbox::Receiver::State::try_take_copy() {
  const auto record = record_at(file(), m_cursor, m_head);
  if (record && !has_been_overtaken()) {
    if (m_copy.size() < record->size) m_copy.resize(record->size);
    copy_unlocked(m_copy.data(), file().at(m_cursor) + sizeof(Record), record->size);
  }
  file().require_whole();
  if (has_been_overtaken()) {
    skip_to(m_own.header().oldest.load(std::memory_order_acquire));
    return std::nullopt;
  }
  if (!record) file().fail_damaged("one of its messages has been overwritten by something else");
  m_lost += record->number - m_next;
  m_next = record->number;
  m_own.slot().lost.store(m_lost, std::memory_order_relaxed);
  m_end = m_cursor + space_of(record->size);
  return std::span{m_copy}.first(record->size);
}

void Mailbox::Receiver::State::skip_to(std::uint64_t position) {
  m_cursor = m_end = position;
  m_head = m_own.header().head.load(std::memory_order_acquire);
  m_own.slot().cursor.store(position, std::memory_order_relaxed);
}

void Mailbox::Receiver::State::release() {
  if (m_end == m_cursor) return;
  auto& slot = m_own.slot();
  m_cursor = m_end;
  slot.next.store(++m_next, std::memory_order_relaxed);
  slot.cursor.store(m_cursor, std::memory_order_seq_cst);
  auto& shared = m_own.header();
  if (shared.senders_sleep.load(std::memory_order_seq_cst) != 0 && m_cursor >= shared.wanted.load())
    m_own.wake_senders();
}

std::optional<Mailbox::Receiver> Mailbox::Receiver::open_if_exists(const Reference& reference, StartAt start,
                                                                   Trust trust) {
  auto file = MappedFile::open_if_exists(reference, trust);
  if (!file) return std::nullopt;
  return Receiver{std::make_unique<State>(std::move(file), start)};
}

Mailbox::Receiver Mailbox::Receiver::open(const Reference& reference, StartAt start, Trust trust) {
  if (auto found = open_if_exists(reference, start, trust)) return std::move(*found);
  fail(ENOENT, "cannot open {}", reference.description());
}

Mailbox::Receiver::Receiver(std::unique_ptr<State> state) : m_state{std::move(state)} {}
Mailbox::Receiver::Receiver(Receiver&&) noexcept = default;
Mailbox::Receiver& Mailbox::Receiver::operator=(Receiver&&) noexcept = default;
Mailbox::Receiver::~Receiver() = default;

const Reference& Mailbox::Receiver::reference() const noexcept { return m_state->file().reference(); }

OnFull Mailbox::Receiver::on_full() const noexcept { return m_state->file().on_full(); }

std::size_t Mailbox::Receiver::max_message_size() const noexcept { return m_state->max_message_size(); }

std::optional<Message> Mailbox::Receiver::receive(const Deadline& deadline) {
  return m_state->receive(deadline);
}

void Mailbox::Receiver::release() { m_state->release(); }

std::uint64_t Mailbox::Receiver::lost() const noexcept { return m_state->lost(); }

}  // namespace ipcutils
