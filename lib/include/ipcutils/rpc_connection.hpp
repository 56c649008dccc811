// One end of a connection that carries messages of JSON-RPC.
#pragma once

#include <poll.h>

#include <array>
#include <cstddef>
#include <deque>
#include <ipcutils/export.hpp>
#include <ipcutils/file_descriptor.hpp>
#include <ipcutils/relay.hpp>
#include <ipcutils/rpc_framing.hpp>
#include <optional>
#include <string>

namespace ipcutils {

// Never blocks: the caller waits (wait_for_events()) for what wanted() says, then calls advance(). Owns both
// ends of its side. That the peer has gone is a state, not an error. Movable; not thread-safe. Manual pages:
// unix(7), recvmsg(2).
class IPCUTILS_EXPORT RpcConnection {
 public:
  // A side with source and sink, such as socket_side() makes. `max_size` bounds a message that comes.
  RpcConnection(Side side, RpcFraming framing, std::size_t max_size);

  // What advance() can go on with: the first entry to receive, unless the caller does not want more
  // (`receives`), the second to send.
  std::array<pollfd, 2> wanted(bool receives = true) const noexcept;

  // Receives and sends what goes without waiting, a bounded amount. `seen` is what wanted() gave, after
  // poll(2).
  void advance(const std::array<pollfd, 2>& seen);

  // The next message that has come. Errors: EMSGSIZE, EBADMSG, see RpcReader.
  std::optional<std::string> next();

  // next() may return a message: bytes have come since it returned nothing, or it has just returned one.
  bool may_have_next() const noexcept { return m_may_have_next; }

  // A message has begun to come and is not complete.
  bool is_amid_message() const noexcept { return m_reader.is_amid_message(); }

  // The peer sends nothing more. It may still receive.
  bool has_ended() const noexcept { return m_has_ended; }

  // Nobody is there to receive. Of TCP, where the kernel tells this only of who has been sent something, it
  // is found out within about a minute.
  bool has_left() const noexcept { return m_has_left; }

  // Sends as much of a message as goes at once, and keeps the rest; see queued().
  void send(std::string message);

  // The same; the peer gets the descriptor with the first byte. A UNIX socket only.
  void send_with(std::string message, FileDescriptor passed);

  // Bytes that wait to be sent.
  std::size_t queued() const noexcept { return m_queued; }

  // From now on descriptors that come with messages are kept, 16 at most; before, and of more, they are
  // closed. A UNIX socket only.
  void accept_passed() noexcept;

  // The descriptor that has come first; nothing when there is none.
  std::optional<FileDescriptor> take_passed();

  // Drops what has come and what will come.
  void ignore() noexcept {
    m_is_ignored = true;
    m_may_have_next = false;
  }

  // Tells the peer that nothing more comes.
  void shut_down() { m_side.sink->tell_end(); }

  const std::string& name() const noexcept { return m_side.name; }

 private:
  struct Piece {
    std::string bytes;
    FileDescriptor passed;
  };
  void queue(Piece piece);
  void send_queued();
  StepResult send_some(Piece& piece);
  void receive();
  StepResult receive_some(std::span<std::byte> into);
  bool is_socket() const noexcept { return is_stream_socket(m_side.source->medium()); }

  Side m_side;
  RpcFraming m_framing;
  RpcReader m_reader;
  bool m_accepts_passed = false;
  bool m_may_have_next = false;
  bool m_is_ignored = false;
  bool m_has_ended = false;
  bool m_has_left = false;
  std::deque<Piece> m_pieces;
  std::size_t m_sent = 0;  // of the first piece
  std::size_t m_queued = 0;
  std::deque<FileDescriptor> m_passed;
};

}  // namespace ipcutils
