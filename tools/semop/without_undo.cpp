#include "without_undo.hpp"

#include <unistd.h>

#include <ipcutils/interruption.hpp>
#include <ipcutils/signals.hpp>

#include "../cli/command_status.hpp"
#include "../cli/exit_status.hpp"
#include "../cli/signalled.hpp"

namespace ipcutils::semop {

namespace {

// The kernel does not tell when a holder dies, so it is looked for every second.
bool operate(SemaphoreSet& set, const std::vector<SemaphoreOperation>& operations, const Deadline& deadline,
             Abandonment& abandonment) {
  constexpr auto interval = std::chrono::seconds{1};
  do {
    if (set.operate(operations, deadline.within(interval))) return true;
    if (deadline.has_passed()) return false;
  } while (abandonment.look());
  return set.operate(operations, deadline);
}

}  // namespace

std::optional<int> operate_without_undo(SemaphoreSet& set, const std::vector<SemaphoreOperation>& operations,
                                        std::optional<Command>& command, const Deadline& deadline,
                                        Abandonment& abandonment) {
  Interruption interruption{fatal_signals};
  if (!operate(set, operations, deadline.interrupted_by(interruption), abandonment)) {
    cli::require_no_signal(interruption);
    return std::nullopt;
  }
  if (!command) return cli::exit_success;
  const auto give_back = [&] {
    auto reverse = operations;
    for (auto& operation : reverse) operation.delta = -operation.delta;
    set.operate(reverse, Deadline::immediate());
  };
  Command::Outcome outcome{};
  try {
    set.share_with_children();
    outcome = command->run(STDIN_FILENO, interruption);
  } catch (...) {
    give_back();
    throw;
  }
  give_back();
  return cli::ended_like(outcome);
}

}  // namespace ipcutils::semop
