#include "show.hpp"

#include "../cli/json_values.hpp"
#include "../cli/output.hpp"

namespace ipcutils::semop {

void show(const SemaphoreSet& set, bool as_json) {
  unsigned number = 0;
  for (const auto& state : set.states()) {
    if (!as_json) {
      cli::print("{}\n", state.value);
      continue;
    }
    nlohmann::ordered_json line{{"number", number++}};
    line.update(nlohmann::ordered_json(state));
    cli::print("{}\n", line.dump());
  }
}

}  // namespace ipcutils::semop
