// What --create does not change of semaphores that exist.
#pragma once

#include <ipcutils/semaphore_set.hpp>
#include <optional>

namespace ipcutils::semop {

// What new semaphores were to have; absent: nothing was said.
struct Wanted {
  std::optional<unsigned> count;
  std::optional<unsigned> value;
};

// Tells on standard error in what a set differs.
void tell_differences(const SemaphoreSet& set, const Reference& reference, const Wanted& wanted);

}  // namespace ipcutils::semop
