// Bytes both ways between two sides, such as two sockets, each way with an end of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <ipcutils/deadline.hpp>
#include <ipcutils/export.hpp>
#include <ipcutils/socket_address.hpp>
#include <ipcutils/transfer.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ipcutils {

// What is read from and written to on one side; often one descriptor. They stay the caller's, in the mode
// that they are in unless they are `exclusive`: what another process shares is not made non-blocking.
struct RelaySide {
  enum class Units { bytes, packets };

  // How the one who reads learns that no more comes.
  enum class End {
    shut_down,  // shutdown(2): of a socket, which can still be read
    close,      // of the descriptor, by the caller, in `on_end`
    packet,     // a packet without bytes
    nothing,
  };

  int in = -1;       // -1: nothing comes from here but what is `before`
  int out = -1;      // -1: nothing goes here
  std::string name;  // for messages: "TCP 127.0.0.1:80"
  Units units = Units::bytes;
  End end = End::shut_down;
  bool exclusive = false;  // nobody else uses these sockets: they may become non-blocking

  // Of what is read here:
  std::vector<std::string> before = {};  // what had been read before, packet by packet; comes first
  std::uint64_t length = until_end;      // so many bytes, and then the end
  std::optional<char> escape = {};       // a byte that is the end
  bool ignores_end = false;              // look again and again, as tail -f
  bool empty_packet_ends = false;        // a packet without bytes is the end
  Duration linger = unlimited;           // how long it may be silent when the other way has ended
  std::function<bool(const SocketAddress& peer)> hears = {};  // whose packets count; absent: everybody's

  // Of what is written here:
  std::optional<SocketAddress> to = {};  // for each packet, where the socket is not connected
  std::function<void()> on_end = {};     // nothing more goes there
};

// What one way has come to.
struct RelayCount {
  std::uint64_t bytes = 0;  // written
  std::uint64_t steps = 0;  // packets, or writes
  bool has_ended = false;   // the source has ended, and all of it has been written
  bool has_unsent = false;  // something was read and not written, or was there to be read
  int errnum = 0;           // why it ended before: EPIPE of the destination, ECONNRESET of the source
};

struct RelayResult {
  enum class Reason {
    ended,        // both ways
    lingered,     // one way, and the other was silent for too long
    idle,         // neither way, and both were silent for too long
    interrupted,  // the deadline has passed
  };
  Reason reason;
  RelayCount forward;  // from the first side to the second
  RelayCount backward;
};

enum class Direction { forward, backward };

struct RelayOptions {
  std::size_t block = 0;      // at most so many bytes a step; 0: as is best
  Duration idle = unlimited;  // how long both may be silent
  Deadline deadline = Deadline::never();
  // Called with what is about to be written; it may change it by writing to `replacement` and returning true.
  // Absent: bytes need not pass through this process.
  std::function<bool(Direction direction, std::span<const std::byte> data, std::string& replacement)> filter =
      {};
  // Called after every step.
  std::function<void(const RelayCount& forward, const RelayCount& backward)> progress = {};
  // Called once when one way has ended and the other has been silent for so long, with the side that it
  // comes from.
  Duration patience = unlimited;
  std::function<void(const RelaySide& awaited)> on_silence = {};
};

// Blocks until both ways have ended, or as the options say. A way ends when its source does and all that came
// from it has been written, or when nobody reads any more (EPIPE, ECONNRESET), which ends that way alone: the
// other goes on. What still comes for one who has gone is thrown away while the other way has no room, since
// who cannot answer may not read either; after 16 MiB of that without progress, the other way ends with
// EPIPE. Pipes are widened for those who have much to say. Regular files are passed to pipes and UNIX sockets
// by reference: a change shows through until it has been read. Throws Error for other failures. Manual pages:
// shutdown(2), splice(2), socket(7), pipe(7).
IPCUTILS_EXPORT RelayResult relay(const RelaySide& first, const RelaySide& second,
                                  const RelayOptions& options = {});

// What drain() waits for: that the other side has got all that was sent to it, or that it has ended, too.
enum class DrainUntil { sent, ended };

// Before a connected stream socket is closed: reads and throws away what the other side still sends. Closing
// a socket with something unread in it resets the connection, and what is still under way is lost. Blocks
// until what it waits for, but no longer than `grace` after the other side has last taken anything, nor
// beyond `deadline`. Where nothing is unread, an internet socket does not wait for `sent`: the kernel sends
// by itself. False when the other side has gone without having read everything.
IPCUTILS_EXPORT bool drain(int socket, DrainUntil until, Duration grace, const Deadline& deadline);

}  // namespace ipcutils
