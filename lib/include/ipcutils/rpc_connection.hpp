// One end of a connection that carries messages of JSON-RPC.
#pragma once

#include <poll.h>

#include <cstddef>
#include <deque>
#include <ipcutils/export.hpp>
#include <ipcutils/file_descriptor.hpp>
#include <ipcutils/rpc_framing.hpp>
#include <optional>
#include <string>

namespace ipcutils {

// Never blocks: the caller waits (wait_for_events()) for what wanted() says, then calls advance(). Owns its
// descriptors. Move-only; not thread-safe. Manual pages: recvmsg(2), unix(7), memfd_create(2).
class IPCUTILS_EXPORT RpcConnection {
 public:
  // A connected stream socket, or two descriptors for the two ways. `max_size` bounds a message that comes.
  RpcConnection(FileDescriptor socket, RpcFraming framing, std::size_t max_size);
  RpcConnection(FileDescriptor input, FileDescriptor output, RpcFraming framing, std::size_t max_size);

  // The descriptors and the events for which the next advance() has something to do. The first one is
  // POLLIN only while `reads`.
  struct Wanted {
    pollfd input;
    pollfd output;  // -1 when nothing waits to be sent
  };
  Wanted wanted(bool reads = true) const noexcept;

  // Receives and sends what goes without waiting. Errors: ECONNRESET, EPIPE and what else read(2) and
  // write(2) give; nothing more can be said to the peer then.
  void advance();

  // The next message that has come. Errors: EMSGSIZE, EBADMSG, see RpcReader.
  std::optional<std::string> next();

  // Whether the peer has ended its way, and all messages have been taken.
  bool is_at_end() const noexcept { return m_is_at_end; }

  // Queues a message, and sends what goes at once. The queue is not bounded: see queued().
  void send(std::string message);

  // The same, with a descriptor that the peer gets with its first byte. A UNIX socket only.
  void send_with(std::string message, FileDescriptor passed);

  // Bytes that wait to be sent.
  std::size_t queued() const noexcept { return m_queued; }

  // The descriptor that came first and was not yet taken; nothing when there is none.
  std::optional<FileDescriptor> take_passed();

  // Tells the peer that nothing more comes.
  void shut_down();

  int input() const noexcept { return m_input.get(); }

 private:
  struct Piece {
    std::string bytes;
    FileDescriptor passed;
  };
  bool receive();
  bool send_first();

  FileDescriptor m_input;
  FileDescriptor m_output;  // closed: the same socket
  RpcFraming m_framing;
  RpcReader m_reader;
  bool m_is_socket;
  bool m_has_ended = false;  // the peer
  bool m_is_at_end = false;
  std::deque<Piece> m_pieces;
  std::size_t m_sent = 0;  // of the first piece
  std::size_t m_queued = 0;
  std::deque<FileDescriptor> m_passed;
};

}  // namespace ipcutils
