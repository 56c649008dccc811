#include "show.hpp"

#include <nlohmann/json.hpp>

#include "../cli/output.hpp"

namespace ipcutils::semop {

void show(const SemaphoreSet& set, bool as_json) {
  const auto or_null = [](const auto& value) { return value ? nlohmann::ordered_json(*value) : nullptr; };
  unsigned number = 0;
  for (const auto& state : set.states()) {
    if (!as_json) {
      cli::print("{}\n", state.value);
      continue;
    }
    const nlohmann::ordered_json line{{"number", number++},
                                      {"value", state.value},
                                      {"ncount", or_null(state.waiting_to_take)},
                                      {"zcount", or_null(state.waiting_for_zero)},
                                      {"pid", or_null(state.last_user)}};
    cli::print("{}\n", line.dump());
  }
}

}  // namespace ipcutils::semop
