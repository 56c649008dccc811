#include "differences.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "../cli/diagnostic.hpp"
#include "../cli/guarded_main.hpp"

namespace ipcutils::semop {

namespace {

void tell(const Reference& reference, std::string_view what) {
  cli::write_diagnostic(fmt::format("semop: {} {} for new semaphores\n", reference.description(), what));
}

}  // namespace

// What may not be read is no reason to do nothing.
void tell_differences(const SemaphoreSet& set, const Reference& reference, const Wanted& wanted) {
  if (wanted.count && *wanted.count != set.size())
    tell(reference, fmt::format("has the size {}: --sems {} is", set.size(), *wanted.count));
  if (!wanted.value) return;
  try {
    const auto states = set.states();
    const auto differs = [&](const SemaphoreState& state) { return state.value != *wanted.value; };
    const auto first = std::ranges::find_if(states, differs);
    if (first != states.end())
      tell(reference, fmt::format("has the value {}: --init {} is", first->value, *wanted.value));
  } catch (const Error& error) {
    cli::report("semop", error);
  }
}

}  // namespace ipcutils::semop
