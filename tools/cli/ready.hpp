// Telling the one who started a tool that it is ready.
#pragma once

#include <optional>

namespace ipcutils::cli {

class CommandLine;

// Adds --ready-fd N.
void add_ready_option(CommandLine& command_line, std::optional<int>& descriptor);

// Writes a newline to the descriptor, if there is one, and closes it. Throws Error.
void tell_ready(const std::optional<int>& descriptor);

}  // namespace ipcutils::cli
