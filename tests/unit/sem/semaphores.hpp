// Semaphores with values, and the values of semaphores.
#pragma once

#include <initializer_list>
#include <ipcutils/semaphore_set.hpp>
#include <stdexcept>
#include <vector>

#include "scratch_ipc.hpp"

namespace ipcutils {

inline SemaphoreSet make_semaphores(const Reference& reference,
                                    const SemaphoreSet::CreateOptions& options = {}) {
  const auto made = SemaphoreSet::create(reference, options);
  if (!made) throw std::runtime_error{reference.to_string() + " is there already"};
  return SemaphoreSet::open(openable(reference, *made), Access::write);
}

inline bool operate(SemaphoreSet& set, std::initializer_list<SemaphoreOperation> operations,
                    const Deadline& deadline = Deadline::immediate(),
                    SemaphoreSet::Undo undo = SemaphoreSet::Undo::no) {
  return set.operate(std::vector<SemaphoreOperation>{operations}, deadline, undo);
}

inline bool take(SemaphoreSet& set, const Deadline& deadline = Deadline::immediate()) {
  return operate(set, {{0, -1}}, deadline);
}

inline std::vector<unsigned> values_of(const SemaphoreSet& set) {
  std::vector<unsigned> values;
  for (const auto& state : set.states()) values.push_back(state.value);
  return values;
}

}  // namespace ipcutils
