// How messages are told apart, on the command line.
#pragma once

#include <ipcutils/rpc_framing.hpp>

namespace ipcutils::cli {
class CommandLine;
}

namespace ipcutils::rpc {

// Adds --framing=line|lsp|nul. Without it `framing` stays as it is.
void add_framing_option(cli::CommandLine& command_line, RpcFraming& framing);

}  // namespace ipcutils::rpc
