// What mqrecv is to do, and the two things that it does with messages.
#pragma once

#include <cstdint>
#include <ipcutils/command.hpp>
#include <ipcutils/deadline.hpp>
#include <ipcutils/interruption.hpp>
#include <ipcutils/message_queue.hpp>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../cli/exit_status.hpp"
#include "../cli/timeout.hpp"
#include "message_format.hpp"
#include "queue_options.hpp"

namespace ipcutils::mq {

inline constexpr std::string_view receiving_tool = "mqrecv";

enum class OnFailure { stop, skip };

struct ReceiveOptions : QueueOptions {
  std::optional<std::uint64_t> count;
  bool follow = false;
  bool drain = false;
  MessageSelector selector;
  bool peek = false;
  MessageFormat format = MessageFormat::terminated('\n');
  std::vector<std::string> command;
  std::uint64_t retries = 0;           // of COMMAND, for a message
  std::optional<Reference> failed_to;  // instead of back into the queue
  OnFailure on_failure = OnFailure::stop;
  std::optional<Duration> timeout;
  int timeout_status = cli::exit_timeout;
  cli::TimeoutMessage timeout_message = cli::TimeoutMessage::printed;

  std::uint64_t wanted() const {
    return count.value_or(follow || drain ? std::numeric_limits<std::uint64_t>::max() : 1);
  }
};

// Each returns the exit status. What was taken and not delivered is put back, whatever ends it.
int receive_to_output(MessageQueue& queue, const ReceiveOptions& options, Interruption& interruption);
int receive_to_command(MessageQueue& queue, Command& command, const ReceiveOptions& options,
                       Interruption& interruption);

}  // namespace ipcutils::mq
