// What mqsend and mbsend have in common.
#pragma once

#include <ipcutils/deadline.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "destination.hpp"
#include "record_reader.hpp"

namespace ipcutils::cli {
class CommandLine;
}

namespace ipcutils::messages {

enum class Input { operands, records, json };

struct SendOptions {
  std::string_view tool;
  std::vector<std::string> messages = {};
  Input input = Input::records;
  Framing framing = Framing::lines;
  std::optional<Duration> timeout = std::nullopt;
};

// Adds the options that say how standard input is taken apart, and those of the timeout.
void add_input_options(cli::CommandLine& command_line, SendOptions& options, std::string_view json_help);

// Takes what follows the first operand as messages, if there is any.
void set_messages(SendOptions& options, const std::vector<std::string>& operands);

// Sends the messages. Returns the exit status.
int send(Destination& destination, const SendOptions& options);

}  // namespace ipcutils::messages
