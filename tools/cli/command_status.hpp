// The exit status of a tool that runs COMMAND.
#pragma once

#include <ipcutils/command.hpp>

namespace ipcutils::cli {

// Of a tool that ends as its COMMAND did. Throws Signalled when COMMAND died of a signal that the tool has
// got as well.
int ended_like(const Command::Outcome& outcome);

// COMMAND cannot be executed (126) or is not found (127).
int status_of(const CommandError& error) noexcept;

}  // namespace ipcutils::cli
