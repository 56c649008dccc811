// From a request to the command that answers it.
#pragma once

#include <ipcutils/rpc_message.hpp>
#include <ipcutils/socket.hpp>
#include <optional>
#include <string>
#include <variant>

#include "methods.hpp"
#include "options.hpp"

namespace ipcutils::rpcserve {

// What is to be run.
struct Task {
  Command command;
  std::string input;     // JSON text
  bool is_tool = false;  // a tool of the Model Context Protocol: its result is wrapped so
};

// The task, or the answer that the request has without any. What a client tells of itself goes into the
// environment of the command: RPC_METHOD, RPC_ID, RPC_PARAM_NAME, RPC_PEER_UID, RPC_PEER_GID, RPC_PEER_PID.
std::variant<RpcResponse, Task> dispatch(const RpcRequest& request, const Methods& methods,
                                         const Options& options, const std::optional<PeerCredentials>& peer);

}  // namespace ipcutils::rpcserve
