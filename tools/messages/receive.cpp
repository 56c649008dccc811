#include "receive.hpp"

#include <ipcutils/interruption.hpp>
#include <ipcutils/signals.hpp>

namespace ipcutils::messages {

int receive(const ReceiveOptions& options, const std::function<std::unique_ptr<Origin>()>& open) {
  // Found before anything is made or taken.
  std::optional<Command> command;
  if (!options.command.empty()) command.emplace(options.command);
  const auto origin = open();
  Interruption interruption{fatal_signals};
  if (command) return receive_to_command(*origin, *command, options, interruption);
  return options.into ? receive_to_variable(*origin, options, interruption)
                      : receive_to_output(*origin, options, interruption);
}

}  // namespace ipcutils::messages
