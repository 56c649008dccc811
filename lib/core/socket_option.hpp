// Options of sockets that are a number. Internal.
#pragma once

#include <sys/socket.h>

#include <optional>

namespace ipcutils {

// An option of SOL_SOCKET, such as SO_TYPE; nothing, and errno, when it cannot be read.
inline std::optional<int> socket_option(int socket, int name) noexcept {
  int value = 0;
  socklen_t size = sizeof value;
  return ::getsockopt(socket, SOL_SOCKET, name, &value, &size) == 0 ? std::optional{value} : std::nullopt;
}

}  // namespace ipcutils
