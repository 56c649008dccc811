// What mqrecv and mbrecv have in common: what they do with messages.
#pragma once

#include <cstdint>
#include <functional>
#include <ipcutils/command.hpp>
#include <ipcutils/deadline.hpp>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../cli/exit_status.hpp"
#include "../cli/timeout.hpp"
#include "../cli/variable.hpp"
#include "message_format.hpp"
#include "origin.hpp"

namespace ipcutils::messages {

enum class OnFailure { stop, skip };

struct ReceiveOptions {
  std::string_view tool;
  std::optional<std::uint64_t> count = std::nullopt;
  bool follow = false;
  bool drain = false;
  MessageFormat format = MessageFormat::terminated('\n');
  std::vector<std::string> command = {};
  std::uint64_t retries = 0;  // of COMMAND, for a message
  OnFailure on_failure = OnFailure::stop;
  std::optional<Duration> timeout = std::nullopt;
  int timeout_status = cli::exit_timeout;
  cli::TimeoutMessage timeout_message = cli::TimeoutMessage::printed;
  std::optional<cli::Variable> into = std::nullopt;

  std::uint64_t wanted() const {
    return count.value_or(follow || drain ? std::numeric_limits<std::uint64_t>::max() : 1);
  }
};

// Finds COMMAND, opens where messages come from and receives as the options say. Returns the exit status.
// What was taken and not delivered is settled, whatever ends it.
int receive(const ReceiveOptions& options, const std::function<std::unique_ptr<Origin>()>& open);

// The three things that receive() does with messages.
int receive_to_output(Origin& origin, const ReceiveOptions& options, Interruption& interruption);
int receive_to_variable(Origin& origin, const ReceiveOptions& options, Interruption& interruption);
int receive_to_command(Origin& origin, Command& command, const ReceiveOptions& options,
                       Interruption& interruption);

}  // namespace ipcutils::messages
