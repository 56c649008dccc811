#include <cstdlib>
#include <ipcutils/file_descriptor.hpp>

#include "kept_messages.hpp"
#include "receive.hpp"
#include "source.hpp"

namespace ipcutils::mq {

namespace {

// What the API of the queue does not have is not there, whatever the environment of mqrecv holds.
void describe_in_environment(const Message& message) {
  const auto set = [](const char* name, auto value) {
    if (value)
      ::setenv(name, std::to_string(*value).c_str(), 1);
    else
      ::unsetenv(name);
  };
  set("IPC_PRIORITY", message.properties.priority);
  set("IPC_TYPE", message.properties.type);
  set("IPC_SIZE", std::optional{message.data.size()});
}

// What running COMMAND on messages has come to.
struct Work {
  KeptMessages failed;
  int status = cli::exit_success;  // COMMAND's, of the last one that failed
  int signal = 0;                  // that came meanwhile
};

void run_on_messages(MessageSource& source, Command& command, const ReceiveOptions& options,
                     Interruption& interruption, Work& work) {
  while (!source.is_done() && !interruption.has_come()) {
    work.failed.reserve(source.longest_message());
    const auto message = source.next();
    if (!message) return;
    work.failed.add(*message);  // until it has succeeded
    if (interruption.has_come()) return;
    describe_in_environment(*message);
    const auto file = file_in_memory(message->data);
    const auto outcome = command.run(file.get(), interruption);
    work.signal = outcome.passed_on;
    if (outcome.status == cli::exit_success)
      work.failed.drop_last();
    else
      work.status = outcome.status;
    if (work.signal != 0) return;
    if (outcome.status != cli::exit_success && options.on_failure == OnFailure::stop) return;
  }
}

}  // namespace

int receive_to_command(MessageQueue& queue, Command& command, const ReceiveOptions& options,
                       Interruption& interruption) {
  MessageSource source{queue, options, interruption};
  Work work;
  try {
    run_on_messages(source, command, options, interruption, work);
  } catch (...) {
    put_back(queue, work.failed.from(0), options, interruption);
    throw;
  }
  const int signal = work.signal != 0 ? work.signal : interruption.signal();
  const bool is_safe = put_back(queue, work.failed.from(0), options, interruption);
  end_by_signal(signal, interruption);
  if (!is_safe) return cli::exit_failure;
  return work.status != cli::exit_success ? work.status : end_of(source, options);
}

}  // namespace ipcutils::mq
