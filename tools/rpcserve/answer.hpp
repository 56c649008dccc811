// From the end of a command to a response.
#pragma once

#include <ipcutils/rpc_message.hpp>
#include <string>

#include "call.hpp"

namespace ipcutils::rpcserve {

// The result, or the error, that a request with that id gets. With `is_raw` the output is a string, without
// the newlines at its end, as $(...) of a shell gives it. Otherwise it is JSON; no output is null.
RpcResponse answer_of(const std::string& id, CallResult result, bool is_raw);

// A request that this server cannot work on.
RpcResponse internal_error(const std::string& id, std::string_view reason);

}  // namespace ipcutils::rpcserve
