// The last words of a connection.
#pragma once

#include <cstdint>
#include <ipcutils/deadline.hpp>
#include <ipcutils/export.hpp>

namespace ipcutils {

struct Delivery {
  int errnum = 0;  // why the peer has not read everything: ECONNRESET, EPIPE; 0: no sign of that
  std::uint64_t unacknowledged = 0;  // bytes, then
};

// What is awaited: that the peer's system has got all (of a UNIX socket, that the peer has read all), or that
// the peer has ended as well.
enum class AwaitedEnd { sent, ended };

// Before a connected stream socket is closed, whose end the peer has been told: reads and drops what the peer
// still sends. Closing a socket with something unread in it resets the connection, and then what is still
// under way is lost. Blocks until what it waits for, but no longer than `grace` after the peer has last taken
// anything, nor beyond `deadline`. Manual pages: tcp(7), SIOCOUTQ and SO_ERROR of socket(7).
IPCUTILS_EXPORT Delivery await_delivery(int socket, AwaitedEnd awaited, Duration grace,
                                        const Deadline& deadline);

// What a UNIX socket's peer has not read yet, or what a TCP peer has not acknowledged.
IPCUTILS_EXPORT std::uint64_t unsent_bytes(int socket) noexcept;

}  // namespace ipcutils
