// Connections of a client.
#pragma once

#include <cstddef>
#include <ipcutils/deadline.hpp>
#include <ipcutils/rpc_connection.hpp>
#include <optional>

#include "../cli/owned_process.hpp"
#include "../rpc/address.hpp"

namespace ipcutils::rpccall {

struct ServerConnection {
  std::optional<cli::OwnedProcess> process;  // of exec:; destroyed last, when its input has ended
  RpcConnection connection;
};

struct ConnectOptions {
  RpcFraming framing = RpcFraming::line;
  std::size_t max_size;  // of a message that the server sends
};

// Throws Error (EINVAL) for an address to which no client can connect.
void require_connectable(const rpc::Address& address);

enum class Absent { fails, is_awaited };

// Connects, or starts the program. `absent`: what a server does that is not there yet. Nothing when the
// deadline has passed. Errors: those of connect_to(); CommandError.
std::optional<ServerConnection> connect(const rpc::Address& address, const ConnectOptions& options,
                                        Absent absent, const Deadline& deadline);

}  // namespace ipcutils::rpccall
