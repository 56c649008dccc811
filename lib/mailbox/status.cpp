#include "status.hpp"

#include <unistd.h>

#include <limits>
#include <memory>

#include "../core/failure.hpp"
#include "beginning.hpp"
#include "slot_lock.hpp"

namespace ipcutils::mailbox {

namespace {

// Anybody may have written the number: none that kill(2) takes for a group of processes.
pid_t process_of(const Slot& slot) {
  const auto process = slot.process.load(std::memory_order_relaxed);
  return process <= std::numeric_limits<pid_t>::max() ? static_cast<pid_t>(process) : 0;
}

}  // namespace

std::optional<Status> read_status(int file) {
  const auto beginning = read_beginning(file);
  if (!beginning) return std::nullopt;
  const auto content = std::make_unique<Content>();
  const auto count = retry_on_eintr([&] { return ::pread(file, content.get(), sizeof(Content), 0); });
  if (count != sizeof(Content)) return std::nullopt;
  const auto& header = content->header;
  Status status{beginning->capacity, beginning->on_full, header.head, header.sent, header.dropped, {}};
  for (std::uint32_t i = 0; i < content->slots.size(); ++i) {
    const auto& slot = content->slots[i];
    const SlotState state = slot.state;
    const bool is_at_work = state == SlotState::receiving || state == SlotState::sending;
    if (is_at_work && is_slot_locked(file, i) == true)
      status.living.push_back(
          {state, process_of(slot), slot.pid_namespace, slot.cursor, slot.next, slot.lost});
  }
  return status;
}

}  // namespace ipcutils::mailbox
