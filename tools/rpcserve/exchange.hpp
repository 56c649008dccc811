// What a server owes a client.
#pragma once

#include <cstddef>
#include <ipcutils/deadline.hpp>
#include <ipcutils/rpc_connection.hpp>
#include <ipcutils/rpc_message.hpp>
#include <ipcutils/socket.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ipcutils::rpcserve {

struct Client {
  Client(RpcConnection own_connection, std::optional<PeerCredentials> own_credentials)
      : connection{std::move(own_connection)}, credentials{own_credentials} {}

  RpcConnection connection;
  std::optional<PeerCredentials> credentials;
  bool takes_memory = false;              // large results may come as a descriptor
  std::size_t owed = 0;                   // requests that are not yet answered
  Deadline patience = Deadline::never();  // for the rest of a message that has begun, or for its leaving
  bool is_refused = false;                // it gets what is queued, and nothing more
  bool is_gone = false;                   // nothing can reach it any more
};

// One message of a client, and its answer: that of its request, or of a batch together, once all are there.
class Exchange {
 public:
  // `parts` is how many requests the message has.
  Exchange(std::shared_ptr<Client> client, bool is_batch, std::size_t parts)
      : m_client{std::move(client)}, m_is_batch{is_batch}, m_open{parts}, m_answers(parts) {
    m_client->owed += parts;
  }

  // To be called once for each part: the response, or nothing, to a notification.
  void answer(std::size_t part, std::optional<RpcResponse> response);

  Client& client() const noexcept { return *m_client; }

 private:
  void send(const RpcResponse& response);

  std::shared_ptr<Client> m_client;
  bool m_is_batch;
  std::size_t m_open;
  std::vector<std::string> m_answers;  // of a batch; empty: none
};

}  // namespace ipcutils::rpcserve
