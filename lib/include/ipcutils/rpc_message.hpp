// Requests and responses of JSON-RPC 2.0, https://www.jsonrpc.org/specification.
//
// JSON values are texts here, so that this header needs no JSON library, and large values are not built.
// Texts that come from outside are bounded: no deeper than max_json_depth (values in a message; the message
// itself has three levels more), no two members of one name, UTF-8, no number that a double or, when it is an
// integer, 64 bits cannot hold.
#pragma once

#include <cstddef>
#include <cstdint>
#include <ipcutils/export.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ipcutils {

inline constexpr std::size_t max_json_depth = 128;
inline constexpr std::size_t max_rpc_batch = 65536;  // parts

struct RpcError {
  enum Code : std::int64_t {
    parse_error = -32700,
    invalid_request = -32600,
    method_not_found = -32601,
    invalid_params = -32602,
    internal_error = -32603,
    command_failed = -32000,  // ours, from the range of servers
  };
  std::int64_t code;
  std::string message;
  std::string data = {};  // JSON text; empty: none. Of ours it is a string that tells more
};

struct RpcRequest {
  std::optional<std::string> id;  // JSON text of a string, number or null; nothing: a notification
  std::string method;
  std::string params = {};  // JSON text of an array or object; empty: none

  bool is_notification() const noexcept { return !id; }
};

struct RpcResponse {
  std::string id;                             // JSON text; "null" for a request whose id is unknown
  std::variant<std::string, RpcError> value;  // the JSON text of the result, or the error

  const std::string* result() const noexcept { return std::get_if<std::string>(&value); }
  const RpcError* error() const noexcept { return std::get_if<RpcError>(&value); }
};

// What one message asks for: one request, or a batch of them in its order.
struct RpcRequests {
  bool is_batch;
  // In the place of what is no request: the response that it gets.
  std::vector<std::variant<RpcRequest, RpcResponse>> parts;
};

// Never fails for what the text says: a text that is no JSON is one part, the response with parse_error and
// the id null, and so is a batch that is empty or has more than max_rpc_batch parts (invalid_request);
// neither is a batch then. What is no request is answered even without an id, as the specification has it.
IPCUTILS_EXPORT RpcRequests parse_rpc_requests(std::string_view text);

// What a client gets: one response, or those of a batch in any order, at most max_rpc_batch.
// Errors: EBADMSG, the text is no response of JSON-RPC 2.0, with what is wrong with it.
IPCUTILS_EXPORT std::vector<RpcResponse> parse_rpc_responses(std::string_view text);

// As JSON text. Texts inside stay as they are, newlines included.
IPCUTILS_EXPORT std::string to_json(const RpcRequest& request);
IPCUTILS_EXPORT std::string to_json(const RpcResponse& response);
IPCUTILS_EXPORT std::string to_json(const RpcError& error);  // the error object alone

// A batch of what to_json() has made; not for an empty one.
IPCUTILS_EXPORT std::string rpc_batch(const std::vector<std::string>& parts);

// What is wrong with a JSON text, "at byte 7: …"; nothing when it is one, inside the bounds above.
IPCUTILS_EXPORT std::optional<std::string> json_fault(std::string_view text);

// A text without the blanks of JSON around it.
IPCUTILS_EXPORT std::string_view trim_json(std::string_view json);

// A string as JSON text, in quotes. Bytes that are not UTF-8 become U+FFFD.
IPCUTILS_EXPORT std::string json_string(std::string_view text);

// The string that a JSON text is; nothing when it is another value.
IPCUTILS_EXPORT std::optional<std::string> string_in_json(std::string_view json);

}  // namespace ipcutils
