// Commands as tools of the Model Context Protocol, https://modelcontextprotocol.io.
#pragma once

#include <ipcutils/rpc_message.hpp>
#include <optional>
#include <string>

#include "call.hpp"
#include "methods.hpp"

namespace ipcutils::rpcserve {

// The result of a request that runs nothing: initialize, ping, tools/list, notifications. Nothing for others.
std::optional<std::string> answer_mcp(const RpcRequest& request, const Methods& methods);

// What a request tools/call is for; nothing when it is none. Both are empty when one of them is wrong.
struct ToolCall {
  std::string name;
  std::string arguments;  // JSON text
};
std::optional<ToolCall> tool_call_in(const RpcRequest& request);

// The result of tools/call, as JSON text: the output as text; of a command that failed, what it said.
std::string tool_result(const CallResult& result);

}  // namespace ipcutils::rpcserve
