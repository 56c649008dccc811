#include "input.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ipcutils/error.hpp>
#include <ipcutils/rpc_message.hpp>
#include <string_view>
#include <variant>

#include "../messages/record_reader.hpp"

namespace ipcutils::rpccall {

namespace {

constexpr std::size_t longest_record = std::size_t{256} << 20;

[[noreturn]] void refuse(const messages::RecordReader& reader, std::string reason) {
  throw Error::invalid(fmt::format("cannot send {}", reader.description()), std::move(reason));
}

void require_fits(const messages::RecordReader& reader, const messages::Record& record) {
  if (record.size > longest_record)
    throw Error{EMSGSIZE, fmt::format("cannot send {}", reader.description())};
}

RpcRequest parse_request(const messages::RecordReader& reader, std::string_view line) {
  auto requests = parse_rpc_requests(line);
  if (requests.is_batch) refuse(reader, "it is a batch itself");
  auto& part = requests.parts.at(0);
  if (const auto* response = std::get_if<RpcResponse>(&part)) {
    const auto& error = *response->error();
    refuse(reader, error.data.empty() ? error.message : fmt::format("{}: {}", error.message, error.data));
  }
  return std::get<RpcRequest>(std::move(part));
}

}  // namespace

std::string read_params() {
  messages::RecordReader reader{STDIN_FILENO, messages::Framing::whole, longest_record};
  const auto record = reader.next();
  const auto text = record ? record->data : std::string_view{};
  if (record) require_fits(reader, *record);
  if (const auto fault = json_fault(text)) refuse(reader, fmt::format("it is no JSON: {}", *fault));
  const auto first = trim_json(text)[0];
  if (first != '[' && first != '{') refuse(reader, "params are an array or an object");
  return std::string{text};
}

Batch read_batch() {
  messages::RecordReader reader{STDIN_FILENO, messages::Framing::lines, longest_record};
  Batch batch;
  while (const auto record = reader.next()) {
    require_fits(reader, *record);
    if (trim_json(record->data).empty()) continue;
    const auto request = parse_request(reader, record->data);
    if (request.id && std::ranges::find(batch.ids, *request.id) != batch.ids.end())
      refuse(reader, fmt::format("another request has its id, {}", *request.id));
    batch.requests.push_back(to_json(request));
    if (request.id) batch.ids.push_back(*request.id);
  }
  return batch;
}

}  // namespace ipcutils::rpccall
