#include <ipcutils/file_descriptor.hpp>

#include "kept_messages.hpp"
#include "receive.hpp"
#include "source.hpp"

namespace ipcutils::messages {

namespace {

// What messages of their origin do not have is not there, whatever the environment of the tool holds.
void describe_in_environment(const Message& message, std::uint64_t attempt, Command& command) {
  const auto set = [&](const char* name, auto value) {
    value ? command.set_variable(name, std::to_string(*value)) : command.unset_variable(name);
  };
  set("IPC_PRIORITY", message.properties.priority);
  set("IPC_TYPE", message.properties.type);
  set("IPC_SIZE", std::optional{message.data.size()});
  set("IPC_ATTEMPT", std::optional{attempt});
}

// Runs COMMAND until it succeeds, a signal comes, or it has failed as often as it may. The message stays here
// meanwhile, since none can carry a count to the next receiver.
Command::Outcome run_on(const Message& message, Command& command, const ReceiveOptions& options,
                        Interruption& interruption) {
  for (std::uint64_t attempt = 1;; ++attempt) {
    describe_in_environment(message, attempt, command);
    const auto file = file_in_memory(message.data);
    const auto outcome = command.run(file.get(), interruption);
    const bool is_interrupted = outcome.passed_on != 0 || interruption.has_come();
    if (outcome.status == cli::exit_success || is_interrupted || attempt > options.retries) return outcome;
  }
}

// What running COMMAND on messages has come to.
struct Work {
  KeptMessages failed;             // to be settled
  int status = cli::exit_success;  // COMMAND's, of the last one that failed
  int signal = 0;                  // that came meanwhile
};

void run_on_messages(Origin& origin, MessageSource& source, Command& command, const ReceiveOptions& options,
                     Interruption& interruption, Work& work) {
  while (!source.is_done() && !interruption.has_come()) {
    work.failed.reserve(source.longest_message());
    const auto message = source.next();
    if (!message) return;
    work.failed.add(*message);  // until it has succeeded, or is set aside
    if (interruption.has_come()) return;
    const auto outcome = run_on(*message, command, options, interruption);
    work.signal = outcome.passed_on;
    const bool has_failed = outcome.status != cli::exit_success;
    if (has_failed)
      work.status = outcome.status;
    else
      work.failed.drop_last();
    if (work.signal != 0 || interruption.has_come()) return;
    if (has_failed && origin.set_aside(*message, interruption)) work.failed.drop_last();
    if (has_failed && options.on_failure == OnFailure::stop) return;
  }
}

}  // namespace

int receive_to_command(Origin& origin, Command& command, const ReceiveOptions& options,
                       Interruption& interruption) {
  Work work{.failed = KeptMessages{origin.keep()}};
  MessageSource source{origin, options, interruption};
  try {
    run_on_messages(origin, source, command, options, interruption, work);
  } catch (...) {
    origin.settle(work.failed.from(0), interruption);
    throw;
  }
  const int signal = work.signal != 0 ? work.signal : interruption.signal();
  const bool is_safe = origin.settle(work.failed.from(0), interruption);
  end_by_signal(signal, interruption);
  if (!is_safe) return cli::exit_failure;
  return work.status != cli::exit_success ? work.status : source.end();
}

}  // namespace ipcutils::messages
