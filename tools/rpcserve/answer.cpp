#include "answer.hpp"

#include <fmt/format.h>

#include <csignal>
#include <ipcutils/signal_name.hpp>
#include <nlohmann/json.hpp>

namespace ipcutils::rpcserve {

namespace {

using Json = nlohmann::json;

constexpr int of_signal = 128;

std::string text_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

// "command failed with status 3", and the same for programs.
RpcError error_of(const CallResult& result) {
  Json data{{"stderr", result.last_words}};
  std::string message;
  if (const int number = result.status - of_signal; number > 0 && number <= SIGRTMAX) {
    const auto signal = signal_name(number);
    data["signal"] = signal;
    message = fmt::format("command died of signal {}", signal);
  } else {
    data["status"] = result.status;
    message = fmt::format("command failed with status {}", result.status);
  }
  if (!result.failure.empty()) message = fmt::format("command was ended: {}", result.failure);
  return {RpcError::command_failed, std::move(message), text_of(data)};
}

}  // namespace

RpcResponse answer_of(const std::string& id, CallResult result, bool is_raw) {
  if (result.status != 0 || !result.failure.empty()) return {id, error_of(result)};
  auto& output = result.output;
  if (is_raw) {
    output.erase(output.find_last_not_of('\n') + 1);
    return {id, json_string(output)};
  }
  const auto json = trim_json(output);
  if (json.empty()) return {id, "null"};
  if (const auto fault = json_fault(json))
    return internal_error(id, fmt::format("the output of the command is no JSON: {}", *fault));
  if (json.size() == output.size()) return {id, std::move(output)};
  return {id, std::string{json}};
}

RpcResponse internal_error(const std::string& id, std::string_view reason) {
  return {id, RpcError{RpcError::internal_error, "Internal error", json_string(reason)}};
}

}  // namespace ipcutils::rpcserve
