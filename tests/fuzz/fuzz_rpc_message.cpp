// The input is taken as JSON, as a message of JSON-RPC, and as the bytes of a string. Its first line is also
// taken as a signature, for which the rest is the params.
#include <algorithm>
#include <array>
#include <ipcutils/rpc_message.hpp>
#include <ipcutils/rpc_signature.hpp>
#include <nlohmann/json.hpp>
#include <string>

#include "property.hpp"

using namespace ipcutils;

namespace {

// What a parser returns; nothing when it refuses the text, which it does with EBADMSG.
template <typename Parse>
auto understood(Parse parse) -> std::optional<decltype(parse())> {
  try {
    return parse();
  } catch (const Error& error) {
    require(error.code() == std::errc::bad_message, "a refusal is EBADMSG");
    require(is_printable(error.what()), "a refusal is printable");
    return std::nullopt;
  }
}

bool is_json(std::string_view text) { return !json_fault(text); }

// nlohmann-json takes a NUL for the end, and skips a byte order mark.
void check_json(std::string_view text) {
  const auto fault = json_fault(text);
  const bool is_known = nlohmann::json::accept(text);
  if (!fault) require(is_known && text.find('\0') == text.npos, "what has no fault is JSON");
  if (!fault || !is_known) return;
  constexpr std::array bounds{"deeper than", "two members", "more than 64 bits", "double precision"};
  const auto is_named = [&](const char* bound) { return fault->find(bound) != fault->npos; };
  require(std::ranges::any_of(bounds, is_named) || text.find('\0') != text.npos ||
              text.starts_with("\xef\xbb\xbf"),
          "JSON inside the bounds has no fault");
}

void check_request(const RpcRequest& request) {
  require(request.params.empty() || is_json(request.params), "params are JSON");
  require(!request.id || is_json(*request.id), "an id is JSON");
  const auto again = parse_rpc_requests(to_json(request));
  const auto* const same = std::get_if<RpcRequest>(&again.parts.at(0));
  require(same != nullptr && same->id == request.id && same->method == request.method &&
              same->params == request.params,
          "a request comes back from its JSON");
  for (const auto& scalar : scalar_rpc_params(request.params, {"a"}))
    require(is_utf8(scalar.first) && is_utf8(scalar.second), "scalars are UTF-8");
}

void check_response(const RpcResponse& response) {
  const auto text = to_json(response);
  const auto again = parse_rpc_responses(text);
  require(again.size() == 1 && again[0].id == response.id && to_json(again[0]) == text,
          "a response comes back from its JSON");
}

void check_messages(std::string_view text) {
  const auto requests = parse_rpc_requests(text);
  require(!requests.parts.empty() && (requests.is_batch || requests.parts.size() == 1),
          "each message is answered");
  for (const auto& part : requests.parts) {
    if (const auto* const request = std::get_if<RpcRequest>(&part)) check_request(*request);
    if (const auto* const refusal = std::get_if<RpcResponse>(&part)) {
      require(refusal->error() != nullptr, "what is no request gets an error");
      check_response(*refusal);
    }
  }
  if (const auto responses = understood([&] { return parse_rpc_responses(text); }))
    std::ranges::for_each(*responses, check_response);
}

void check_signature(std::string_view json, std::string_view params) {
  const auto signature = understood([&] { return RpcSignature::parse(json); });
  if (!signature) return;
  require(is_json(signature->method_object("m")), "a method object is JSON");
  require(is_json(signature->input_schema()), "the schema of the input is JSON");
  if (!is_json(params)) return;
  const auto objection = signature->objection(params);
  require(!objection || is_utf8(*objection), "an objection is UTF-8");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = text_of(data, size);
  check_json(text);
  check_messages(text);
  const auto newline = std::min(text.find('\n'), size);
  check_signature(text.substr(0, newline), text.substr(std::min(newline + 1, size)));
  const auto string = string_in_json(json_string(text));
  require(string && is_utf8(*string) && (*string == text) == is_utf8(text),
          "a string comes back from its JSON");
  return 0;
}
