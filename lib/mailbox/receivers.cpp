#include "receivers.hpp"

#include <algorithm>

namespace ipcutils::mailbox {

namespace {

// Calls `look` with each receiver's slot and its index, whether its process lives or not.
void for_each_receiver(Participant& sender, auto look) {
  const auto count =
      std::min(sender.header().receiver_slots.load(std::memory_order_relaxed), Mailbox::max_participants);
  for (std::uint32_t index = 0; index < count; ++index) {
    auto& slot = sender.file().slot(index);
    if (slot.state.load(std::memory_order_acquire) == SlotState::receiving) look(slot, index);
  }
}

}  // namespace

// The order of senders_sleep and the cursors is the other way round in a receiver: one of both sees the
// other.
std::uint64_t lowest_cursor(Participant& sender, std::uint64_t head) noexcept {
  auto lowest = head;
  for_each_receiver(sender, [&](const Slot& slot, std::uint32_t) {
    lowest = std::min(lowest, slot.cursor.load(std::memory_order_seq_cst));
  });
  return lowest;
}

void forget_dead(Participant& sender, std::uint64_t position) {
  for_each_receiver(sender, [&](Slot& slot, std::uint32_t index) {
    if (slot.cursor.load() >= position || index == sender.index() || !sender.file().lock_slot(index)) return;
    slot.state.store(SlotState::free, std::memory_order_relaxed);
    sender.file().unlock_slot(index);
  });
}

unsigned count_receivers(Participant& sender) {
  unsigned count = 0;
  for_each_receiver(sender, [&](const Slot&, std::uint32_t index) {
    if (sender.file().is_slot_locked(index)) ++count;
  });
  return count;
}

}  // namespace ipcutils::mailbox
