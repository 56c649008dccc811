// Bounded waits.
#pragma once

#include <ipcutils/deadline.hpp>
#include <optional>
#include <string_view>

#include "exit_status.hpp"

namespace ipcutils::cli {

class CommandLine;

// Adds -w, --timeout DURATION and --nonblock. Without either `timeout` stays as it is.
void add_timeout_options(CommandLine& command_line, std::string_view help, std::optional<Duration>& timeout);

// Adds -E, --timeout-status N, of tools with COMMAND.
void add_timeout_status_option(CommandLine& command_line, int& status);

// Whether a tool says that time is up.
enum class TimeoutMessage { printed, suppressed };

// Adds -q, --quiet: the exit status alone tells that time is up.
void add_quiet_option(CommandLine& command_line, TimeoutMessage& message);

// The moment until which one wait may last; never without a timeout.
Deadline wait_deadline(const std::optional<Duration>& timeout);

// Says what did not come "within the time allowed", unless that is suppressed, and returns the exit status.
int timed_out(std::string_view tool, std::string_view what, int status = exit_timeout,
              TimeoutMessage message = TimeoutMessage::printed);

}  // namespace ipcutils::cli
