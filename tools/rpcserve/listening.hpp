// Where a server waits for clients.
#pragma once

#include <cstdint>
#include <ipcutils/socket.hpp>
#include <ipcutils/socket_file.hpp>
#include <optional>
#include <string>

#include "../rpc/address.hpp"

namespace ipcutils::rpcserve {

// A listener, and the name of its socket, which goes with it. A name that cannot be removed is reported.
class Listening {
 public:
  // Not for rpc::Address::Family::stdio. `everybody` may connect to a file, else its owner alone. Throws
  // Error.
  Listening(const rpc::Address& address, bool everybody);
  Listening(const Listening&) = delete;
  Listening& operator=(const Listening&) = delete;
  ~Listening();

  Listener& listener() noexcept { return *m_listener; }
  const std::string& name() const noexcept { return m_name; }
  std::optional<std::uint16_t> port() const { return m_listener->local_address().port(); }

 private:
  std::string m_name;
  std::optional<SocketFile> m_file;
  std::optional<Listener> m_listener;
};

}  // namespace ipcutils::rpcserve
