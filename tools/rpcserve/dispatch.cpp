#include "dispatch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ipcutils/error.hpp>

#include "answer.hpp"
#include "discover.hpp"
#include "mcp.hpp"

namespace ipcutils::rpcserve {

namespace {

bool is_identifier(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

void describe(Command& command, const RpcRequest& request, const std::optional<RpcSignature>& signature,
              const std::optional<PeerCredentials>& peer) {
  command.set_variable("RPC_METHOD", request.method);
  if (request.id) command.set_variable("RPC_ID", string_in_json(*request.id).value_or(*request.id));
  const auto names = signature ? signature->parameters() : std::vector<std::string>{};
  for (const auto& [name, value] : scalar_rpc_params(request.params, names))
    if (is_identifier(name) && value.find('\0') == value.npos)
      command.set_variable(fmt::format("RPC_PARAM_{}", name), value);
  if (!peer) return;
  command.set_variable("RPC_PEER_UID", fmt::to_string(peer->uid));
  command.set_variable("RPC_PEER_GID", fmt::to_string(peer->gid));
  command.set_variable("RPC_PEER_PID", fmt::to_string(peer->pid));
}

}  // namespace

std::variant<RpcResponse, Task> dispatch(const RpcRequest& request, const Methods& methods,
                                         const Options& options, const std::optional<PeerCredentials>& peer) {
  const auto id = request.id.value_or("null");
  const auto refuse = [&](RpcError::Code code, std::string message, std::string_view data) {
    return RpcResponse{id, RpcError{code, std::move(message), json_string(data)}};
  };
  try {
    if (request.method == "rpc.discover") return RpcResponse{id, describe_service(methods)};
    auto called = request;
    bool is_tool = false;
    if (options.is_mcp) {
      if (auto answer = answer_mcp(request, methods)) return RpcResponse{id, std::move(*answer)};
      if (auto call = tool_call_in(request)) {
        called.method = std::move(call->name);
        called.params = std::move(call->arguments);
        is_tool = true;
      }
    }
    auto method = methods.find(called.method);
    if (!method && is_tool)
      return refuse(RpcError::invalid_params, "Invalid params",
                    "there is no such tool, or its arguments are no object");
    if (!method) return refuse(RpcError::method_not_found, "Method not found", called.method);
    if (method->signature)
      if (const auto objection = method->signature->objection(called.params))
        return refuse(RpcError::invalid_params, "Invalid params", *objection);
    describe(method->command, called, method->signature, peer);
    return Task{std::move(method->command), std::move(called.params), is_tool};
  } catch (const Error& error) {
    return internal_error(id, error.what());
  }
}

}  // namespace ipcutils::rpcserve
