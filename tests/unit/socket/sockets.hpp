// Sockets of a test.
#pragma once

#include <ipcutils/datagram.hpp>
#include <ipcutils/error.hpp>
#include <ipcutils/socket.hpp>
#include <ipcutils/socket_address.hpp>
#include <ipcutils/socket_file.hpp>
#include <span>
#include <string>
#include <string_view>

#include "scratch.hpp"

namespace ipcutils {

inline std::span<const std::byte> bytes(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

// An abstract name that no other test has.
inline SocketAddress scratch_abstract() {
  return SocketAddress::abstract("ipcutils-test-" + std::to_string(::getpid()) + "-" +
                                 std::to_string(next_number()));
}

inline bool has_ipv6() {
  try {
    open_socket(AF_INET6, {.bind = SocketAddress::loopback(AF_INET6)});
    return true;
  } catch (const Error&) {
    return false;
  }
}

inline std::vector<int> internet_families() {
  return has_ipv6() ? std::vector<int>{AF_INET, AF_INET6} : std::vector<int>{AF_INET};
}

inline bool is_cloexec(const FileDescriptor& file) {
  return (::fcntl(file.get(), F_GETFD) & FD_CLOEXEC) != 0;
}
inline bool is_nonblocking(const FileDescriptor& file) {
  return (::fcntl(file.get(), F_GETFL) & O_NONBLOCK) != 0;
}

// The next datagram as text; "(nothing)", "(end)".
inline std::string receive_text(int socket,
                                const Deadline& deadline = Deadline::after(std::chrono::seconds{10})) {
  std::string buffer(100'000, '\0');
  const auto datagram = receive_from(socket, std::as_writable_bytes(std::span{buffer}), deadline);
  if (!datagram) return "(nothing)";
  if (datagram->is_end) return "(end)";
  return buffer.substr(0, datagram->size);
}

// A port of loopback on which nobody listens, but which is taken as long as this lives.
inline FileDescriptor deaf_socket(int family) {
  return open_socket(family, {.bind = SocketAddress::loopback(family)});
}

// A path with a socket file behind which there is nobody any more.
inline void make_stale_socket(const std::string& path) {
  open_socket(AF_UNIX, {.bind = SocketAddress::of_path(path)});
}

}  // namespace ipcutils
