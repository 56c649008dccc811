#include <fmt/format.h>

#include <cerrno>
#include <charconv>
#include <ipcutils/error.hpp>
#include <ipcutils/rpc_message.hpp>

#include "json.hpp"
#include "json_check.hpp"

namespace ipcutils {

namespace {

// A message has up to three levels around the values in it: a batch, a response, an error.
constexpr std::size_t max_message_depth = max_json_depth + 3;

bool is_string(std::string_view json) { return json_type(json) == JsonType::string; }

bool is_id(std::string_view json) {
  const auto type = json_type(json);
  return type == JsonType::string || type == JsonType::number || type == JsonType::null;
}

bool is_version(std::string_view json) { return is_string(json) && decode_json_string(json) == "2.0"; }

// Nothing when it is no integer of 64 bits.
std::optional<std::int64_t> integer_in(std::string_view json) {
  std::int64_t value = 0;
  const auto* const end = json.data() + json.size();
  const auto [stop, error] = std::from_chars(json.data(), end, value);
  return stop == end && error == std::errc{} ? std::optional{value} : std::nullopt;
}

RpcResponse invalid_request(std::string_view reason, std::string id = "null") {
  return {std::move(id), RpcError{RpcError::invalid_request, "Invalid Request", json_string(reason)}};
}

std::variant<RpcRequest, RpcResponse> parse_request(std::string_view text) {
  if (json_type(text) != JsonType::object) return invalid_request("it is no object");
  const auto [version, method, params, id] = json_members(text, "jsonrpc", "method", "params", "id");
  if (id && !is_id(*id)) return invalid_request("its id is neither a string nor a number nor null");
  const auto refuse = [known_id = id.value_or("null")](std::string_view reason) {
    return invalid_request(reason, std::string{known_id});
  };
  if (!version || !is_version(*version)) return refuse("its jsonrpc is not \"2.0\"");
  if (!method || !is_string(*method)) return refuse("its method is no string");
  if (params && !is_structured_json(*params)) return refuse("its params are neither an array nor an object");
  RpcRequest request{{}, decode_json_string(*method), std::string{params.value_or(std::string_view{})}};
  if (id) request.id = *id;
  return request;
}

[[noreturn]] void refuse_response(std::string reason) {
  throw Error::because(EBADMSG, "invalid response", std::move(reason));
}

RpcError parse_error(std::string_view text) {
  if (json_type(text) != JsonType::object) refuse_response("its error is no object");
  const auto [code, message, data] = json_members(text, "code", "message", "data");
  const auto number = code ? integer_in(*code) : std::nullopt;
  if (!number) refuse_response("the code of its error is no integer");
  if (!message || !is_string(*message)) refuse_response("the message of its error is no string");
  return {*number, decode_json_string(*message), std::string{data.value_or(std::string_view{})}};
}

RpcResponse parse_response(std::string_view text) {
  if (json_type(text) != JsonType::object) refuse_response("it is no object");
  const auto [version, result, error, id] = json_members(text, "jsonrpc", "result", "error", "id");
  if (!version || !is_version(*version)) refuse_response("its jsonrpc is not \"2.0\"");
  if (!id || !is_id(*id)) refuse_response("its id is neither a string nor a number nor null");
  if (result.has_value() == error.has_value()) refuse_response("it must have either a result or an error");
  if (error) return {std::string{*id}, parse_error(*error)};
  return {std::string{*id}, std::string{*result}};
}

// Copies a large result once, and leaves room for what a framing adds.
std::string response_json(std::string_view id, std::string_view name, std::string_view value) {
  std::string text = R"({"jsonrpc":"2.0",")";
  text.reserve(value.size() + id.size() + 128);
  return text.append(name).append("\":").append(value).append(",\"id\":").append(id).append("}");
}

}  // namespace

RpcRequests parse_rpc_requests(std::string_view text) {
  if (const auto fault = json_fault(text, max_message_depth))
    return {false,
            {RpcResponse{"null", RpcError{RpcError::parse_error, "Parse error", json_string(*fault)}}}};
  if (json_type(text) != JsonType::array) return {false, {parse_request(text)}};
  RpcRequests requests{true, {}};
  for (JsonParts parts{text}; parts.next();) {
    if (requests.parts.size() == max_rpc_batch)
      return {false, {invalid_request(fmt::format("a batch has more than {} parts", max_rpc_batch))}};
    requests.parts.push_back(parse_request(parts.value()));
  }
  if (requests.parts.empty()) return {false, {invalid_request("the batch is empty")}};
  return requests;
}

std::vector<RpcResponse> parse_rpc_responses(std::string_view text) {
  if (const auto fault = json_fault(text, max_message_depth)) refuse_response("it is no JSON, " + *fault);
  if (json_type(text) != JsonType::array) return {parse_response(text)};
  std::vector<RpcResponse> responses;
  for (JsonParts parts{text}; parts.next();) {
    if (responses.size() == max_rpc_batch)
      refuse_response(fmt::format("a batch has more than {} parts", max_rpc_batch));
    responses.push_back(parse_response(parts.value()));
  }
  if (responses.empty()) refuse_response("the batch is empty");
  return responses;
}

std::string to_json(const RpcRequest& request) {
  std::string text = R"({"jsonrpc":"2.0","method":)" + json_string(request.method);
  if (!request.params.empty()) text += R"(,"params":)" + request.params;
  if (request.id) text += R"(,"id":)" + *request.id;
  return text += '}';
}

std::string to_json(const RpcResponse& response) {
  const auto* const error = response.error();
  return error != nullptr ? response_json(response.id, "error", to_json(*error))
                          : response_json(response.id, "result", *response.result());
}

std::string to_json(const RpcError& error) {
  const auto data = error.data.empty() ? std::string{} : R"(,"data":)" + error.data;
  return fmt::format(R"({{"code":{},"message":{}{}}})", error.code, json_string(error.message), data);
}

std::string rpc_batch(const std::vector<std::string>& parts) {
  return fmt::format("[{}]", fmt::join(parts, ","));
}

}  // namespace ipcutils
