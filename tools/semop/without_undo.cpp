#include "without_undo.hpp"

#include <unistd.h>

#include <ipcutils/interruption.hpp>
#include <ipcutils/signals.hpp>

#include "../cli/command_status.hpp"
#include "../cli/exit_status.hpp"
#include "../cli/signalled.hpp"

namespace ipcutils::semop {

std::optional<int> operate_without_undo(SemaphoreSet& set, const std::vector<SemaphoreOperation>& operations,
                                        std::optional<Command>& command, const Deadline& deadline) {
  Interruption interruption{fatal_signals};
  if (!set.operate(operations, deadline.interrupted_by(interruption))) {
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
