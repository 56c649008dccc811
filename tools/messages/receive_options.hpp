// The options that mqrecv and mbrecv have in common.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "receive.hpp"

namespace ipcutils::cli {
class CommandLine;
}

namespace ipcutils::messages {

// What the options say of the format of a message.
struct FormatOptions {
  std::optional<char> terminator = '\n';
  std::optional<std::string> text = std::nullopt;
  bool length_prefixed = false;
  bool json = false;
};

// Adds -n, -f and --drain.
void add_amount_options(cli::CommandLine& command_line, ReceiveOptions& options, std::string_view drain_help);

// Adds -0, --no-terminator, --raw, --len32, -F and -j.
void add_format_options(cli::CommandLine& command_line, FormatOptions& options);

// For a variable, nothing follows a message. `letters`: those that may follow a '%'. Throws Error (EINVAL)
// for others.
MessageFormat format_of(const FormatOptions& options, const ReceiveOptions& receiving,
                        std::string_view letters = MessageFormat::all_letters);

// Adds --retries, and --on-failure, without which its target stays as it is.
void add_retries_option(cli::CommandLine& command_line, ReceiveOptions& options);
void add_on_failure_option(cli::CommandLine& command_line, std::string_view help,
                           std::optional<OnFailure>& on_failure);

// Adds -w, --nonblock, -E, -q, COMMAND and --into.
void add_wait_options(cli::CommandLine& command_line, ReceiveOptions& options);

// Throws UsageError unless there is one operand, which is called `name`.
void require_one_operand(const std::vector<std::string>& operands, std::string_view name);

}  // namespace ipcutils::messages
