#include "exchange.hpp"

#include <fmt/format.h>

#include <ipcutils/error.hpp>
#include <ipcutils/sealed_memory.hpp>

namespace ipcutils::rpcserve {

namespace {

// A result from which it pays to pass memory instead of bytes.
constexpr std::size_t large_result = 1024 * 1024;

}  // namespace

void Exchange::answer(std::size_t part, std::optional<RpcResponse> response) {
  --m_client->owed;
  --m_open;
  if (!m_is_batch) {
    if (response) send(*response);
    return;
  }
  if (response) m_answers[part] = to_json(*response);
  if (m_open > 0) return;
  std::erase(m_answers, std::string{});
  if (!m_answers.empty()) m_client->connection.send(rpc_batch(m_answers));
}

void Exchange::send(const RpcResponse& response) {
  const auto* const result = response.result();
  if (!m_client->takes_memory || result == nullptr || result->size() < large_result)
    return m_client->connection.send(to_json(response));
  FileDescriptor memory;
  try {
    memory = SealedMemory::make(std::as_bytes(std::span{*result}));
  } catch (const Error&) {  // without memory or a descriptor the bytes go as they are
    return m_client->connection.send(to_json(response));
  }
  m_client->connection.send_with(
      fmt::format(R"({{"jsonrpc":"2.0","id":{},"memfd":{{"size":{}}}}})", response.id, result->size()),
      std::move(memory));
}

}  // namespace ipcutils::rpcserve
