#include "mcp.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ipcutils/version.hpp>
#include <nlohmann/json.hpp>

#include "options.hpp"

namespace ipcutils::rpcserve {

namespace {

using Json = nlohmann::json;

// From the newest one. What is used here is alike in all of them.
constexpr std::array protocol_versions{"2025-06-18", "2025-03-26", "2024-11-05"};

Json params_of(const RpcRequest& request) {
  return request.params.empty() ? Json::object() : Json::parse(request.params);
}

// The client's version, if it is one of ours, else our newest one.
std::string initialize(const Json& params) {
  const auto wanted = params.is_object() ? params.value("protocolVersion", Json{}) : Json{};
  const auto* const found =
      std::ranges::find_if(protocol_versions, [&](const char* known) { return wanted == known; });
  const Json result{{"protocolVersion", found != protocol_versions.end() ? *found : protocol_versions[0]},
                    {"capabilities", {{"tools", Json::object()}}},
                    {"serverInfo", {{"name", std::string{tool}}, {"version", IPCUTILS_VERSION}}}};
  return result.dump();
}

std::string list_tools(const Methods& methods) {
  auto tools = Json::array();
  for (const auto& [name, signature] : methods.list()) {
    Json tool{{"name", name}, {"inputSchema", {{"type", "object"}}}};
    if (signature) {
      tool["inputSchema"] = Json::parse(signature->input_schema());
      if (const auto summary = signature->summary(); !summary.empty()) tool["description"] = summary;
    }
    tools.push_back(std::move(tool));
  }
  return Json{{"tools", std::move(tools)}}.dump();
}

}  // namespace

std::optional<std::string> answer_mcp(const RpcRequest& request, const Methods& methods) {
  if (request.method == "initialize") return initialize(params_of(request));
  if (request.method == "tools/list") return list_tools(methods);
  if (request.method == "ping" || request.method.starts_with("notifications/")) return "{}";
  return std::nullopt;
}

std::optional<ToolCall> tool_call_in(const RpcRequest& request) {
  if (request.method != "tools/call") return std::nullopt;
  const auto params = params_of(request);
  if (!params.is_object()) return ToolCall{};
  const auto name = params.value("name", Json{});
  const auto arguments = params.value("arguments", Json::object());
  if (!name.is_string() || !arguments.is_object()) return ToolCall{};
  return ToolCall{name.get<std::string>(), arguments.dump()};
}

std::string tool_result(const CallResult& result) {
  const bool has_failed = result.status != 0 || !result.failure.empty();
  auto text = has_failed ? result.last_words : result.output;
  if (!result.failure.empty()) text += fmt::format("The command was ended: {}.", result.failure);
  const Json content{{"content", {{{"type", "text"}, {"text", text}}}}, {"isError", has_failed}};
  return content.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace ipcutils::rpcserve
