#include "receive.hpp"

#include <unistd.h>

#include <ipcutils/command.hpp>
#include <ipcutils/interruption.hpp>
#include <ipcutils/signal_name.hpp>
#include <ipcutils/signals.hpp>

#include "../cli/output.hpp"
#include "../cli/ready.hpp"
#include "../cli/signalled.hpp"
#include "../messages/batch.hpp"
#include "pid_file.hpp"

namespace ipcutils::signals {

namespace {

void describe_in_environment(const ReceivedSignal& received, Command& command) {
  command.set_variable("IPC_SIGNAL", signal_name(received.signal));
  command.set_variable("IPC_NUMBER", std::to_string(received.signal));
  command.set_variable("IPC_PID", std::to_string(received.pid));
  command.set_variable("IPC_UID", std::to_string(received.uid));
  command.set_variable("IPC_CODE", signal_code_name(received));
  if (received.value)
    command.set_variable("IPC_VALUE", std::to_string(*received.value));
  else
    command.unset_variable("IPC_VALUE");
}

// The exit status of COMMAND. Throws Signalled when a signal has come that ends the tool.
int run_for(const ReceivedSignal& received, Command& command, Interruption& interruption) {
  describe_in_environment(received, command);
  const auto outcome = command.run(STDIN_FILENO, interruption);
  if (outcome.passed_on != 0) throw cli::Signalled{outcome.passed_on};
  return outcome.status;
}

void write_line(const std::string& line, const Interruption& interruption) {
  cli::write_output(line);
  if (!cli::flush_output_until(Deadline::never().interrupted_by(interruption)))
    cli::require_no_signal(interruption);
}

int receive_all(SignalReceiver& receiver, std::optional<Command>& command, const ReceiveOptions& options,
                Interruption& interruption) {
  for (std::uint64_t count = 0; count < options.wanted(); ++count) {
    if (!command) messages::require_reader();
    cli::require_no_signal(interruption);
    const auto received = receiver.receive(cli::wait_deadline(options.timeout).interrupted_by(interruption));
    cli::require_no_signal(interruption);
    if (!received)
      return cli::timed_out(options.tool, "no signal came", options.timeout_status, options.timeout_message);
    if (!command)
      write_line(options.format.line_for(*received), interruption);
    else if (const int status = run_for(*received, *command, interruption); status != cli::exit_success)
      return status;
  }
  return cli::exit_success;
}

}  // namespace

int receive(const ReceiveOptions& options) {
  std::optional<Command> command;
  if (!options.command.empty()) command.emplace(options.command);
  SignalReceiver receiver{options.signals};
  Interruption interruption{fatal_signals};
  const SignalIsError broken_pipe_is_error{SIGPIPE};
  std::optional<PidFile> pid_file;
  if (!options.pid_file.empty()) pid_file.emplace(options.pid_file);
  cli::tell_ready(options.ready_fd);
  return receive_all(receiver, command, options, interruption);
}

}  // namespace ipcutils::signals
