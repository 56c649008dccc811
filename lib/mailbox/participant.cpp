#include "participant.hpp"

#include <sched.h>
#include <unistd.h>

#include "../core/failure.hpp"
#include "../core/pid_namespace.hpp"
#include "record.hpp"

namespace ipcutils::mailbox {

namespace {

// Whoever sleeps has read `count`, set `flag` and looked again before. The count moves, so that one who is
// about to sleep notices that the flag is down.
void wake_sleepers(std::atomic<std::uint32_t>& flag, std::atomic<std::uint32_t>& count) noexcept {
  if (flag.load() == 0 || flag.exchange(0) == 0) return;
  count.fetch_add(1);
  wake_all(count);
}

// The deadline, or if it has passed a new one.
Deadline at_least(const Deadline& deadline, Duration duration) {
  if (deadline.time_left() > Duration::zero()) return deadline;
  const auto longer = Deadline::after(duration);
  return deadline.is_interruptible() ? longer.interrupted_by_any() : longer;
}

}  // namespace

int spin_count() noexcept {
  static const int count = [] {
    cpu_set_t processors;
    const bool has_several =
        ::sched_getaffinity(0, sizeof processors, &processors) == 0 && CPU_COUNT(&processors) > 1;
    return has_several ? 200 : 0;  // about 4 us
  }();
  return count;
}

Participant::Participant(std::unique_ptr<MappedFile> file) : m_file{std::move(file)}, m_index{take_slot()} {
  auto& own = slot();
  own.state.store(SlotState::joining, std::memory_order_relaxed);
  own.process.store(static_cast<std::uint32_t>(::getpid()), std::memory_order_relaxed);
  own.pid_namespace.store(own_pid_namespace().value_or(0), std::memory_order_relaxed);
  own.lost.store(0, std::memory_order_relaxed);
  // The turn of a process that died in this slot: nobody else can end it now, since nobody else has the slot.
  const auto turn = header().turn.load(std::memory_order_acquire);
  if ((turn & owner_bits) == m_index + 1) {
    repair();
    end_turn();
  }
}

Participant::~Participant() {
  slot().state.store(SlotState::free, std::memory_order_release);
  wake_senders();
}

// Free ones first: those that seem taken cost a system call each.
std::uint32_t Participant::take_slot() {
  for (const bool only_free : {true, false})
    for (std::uint32_t index = 0; index < Mailbox::max_participants; ++index) {
      const auto state = m_file->slot(index).state.load(std::memory_order_relaxed);
      if ((!only_free || state == SlotState::free) && m_file->lock_slot(index)) return index;
    }
  throw Error{EUSERS, fmt::format("cannot open {}", reference().description()),
              fmt::format("{} processes have it open already", Mailbox::max_participants)};
}

bool Participant::try_turn(std::uint32_t mine) noexcept {
  std::uint32_t nobody = 0;
  return header().turn.compare_exchange_strong(nobody, mine, std::memory_order_acquire);
}

// A sender has the turn for a moment, unless it is lent. For that moment nobody is refused, whatever the
// deadline: only when the sender was stopped.
Waited Participant::take_turn(const Deadline& deadline) {
  auto& turn = header().turn;
  const auto mine = m_index + 1;
  if (try_turn(mine)) return Waited::ready;
  for (int i = spin_count(); i > 0; --i) {
    spin_once();
    if (turn.load(std::memory_order_relaxed) == 0 && try_turn(mine)) return Waited::ready;
  }
  const auto patience = at_least(deadline, std::chrono::seconds{1});
  for (;;) {
    if (try_turn(mine | others_wait)) return Waited::ready;
    auto now = turn.load(std::memory_order_relaxed);
    if (now == 0) continue;
    if ((now & others_wait) == 0 && !turn.compare_exchange_weak(now, now | others_wait)) continue;
    now |= others_wait;
    const auto& until = (now & is_lent) != 0 ? deadline : patience;
    const auto waited = sleep(turn, now, until, longest_wait_for_others);
    m_file->require_whole();
    if (waited != Waited::ready) return waited;
    if (turn.load(std::memory_order_relaxed) == now) take_over_from_dead(now);
    if ((turn.load(std::memory_order_relaxed) & owner_bits) == mine) return Waited::ready;
  }
}

void Participant::end_turn() noexcept {
  const auto turn = header().turn.exchange(0, std::memory_order_release);
  if ((turn & others_wait) != 0) wake(header().turn, 1);
}

void Participant::lend_turn() noexcept { header().turn.fetch_or(is_lent, std::memory_order_relaxed); }

// Whoever holds the lock on a slot whose owner has died can be sure that no new handle takes the slot, and
// its turn, meanwhile.
void Participant::take_over_from_dead(std::uint32_t turn) {
  const auto index = (turn & owner_bits) - 1;
  if (index >= Mailbox::max_participants) m_file->fail_damaged("it names a sender that cannot be");
  if (index == m_index || !m_file->lock_slot(index)) return;
  auto expected = turn;
  if (header().turn.compare_exchange_strong(expected, (m_index + 1) | others_wait)) {
    m_file->slot(index).state.store(SlotState::free, std::memory_order_relaxed);
    repair();
  }
  m_file->unlock_slot(index);
}

// A sender may die after it published a message and before it noted which is the last one.
void Participant::repair() noexcept {
  auto& shared = header();
  const auto head = shared.head.load(std::memory_order_acquire);
  auto position =
      std::max(shared.last.load(std::memory_order_relaxed), shared.oldest.load(std::memory_order_relaxed));
  while (position < head) {
    const auto record = record_at(*m_file, position, head);
    if (!record) return;  // whoever reads it finds the damage
    shared.last.store(position, std::memory_order_relaxed);
    shared.sent.store(record->number + 1, std::memory_order_relaxed);
    position += space_of(record->size);
  }
}

Waited Participant::sleep(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
                          const Deadline& deadline, Duration longest) {
  const auto waited = m_sleep.wait(word, expected, deadline.within(longest));
  return waited == Waited::timed_out && !deadline.has_passed() ? Waited::ready : waited;
}

void Participant::wake_senders() noexcept { wake_sleepers(header().senders_sleep, header().room); }

void Participant::wake_receivers() noexcept { wake_sleepers(header().receivers_sleep, header().arrivals); }

}  // namespace ipcutils::mailbox
