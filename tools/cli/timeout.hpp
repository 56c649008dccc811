// Bounded waits.
#pragma once

#include <ipcutils/deadline.hpp>
#include <optional>
#include <string_view>

namespace ipcutils::cli {

class CommandLine;

// Adds -w, --timeout DURATION and --nonblock. Without either `timeout` stays as it is.
void add_timeout_options(CommandLine& command_line, std::string_view help, std::optional<Duration>& timeout);

// Says what did not come "within the time allowed", and returns the exit status for that.
int timed_out(std::string_view tool, std::string_view what);

}  // namespace ipcutils::cli
