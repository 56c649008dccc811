// Bytes both ways between two sides, such as two sockets, each way with an end of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <ipcutils/deadline.hpp>
#include <ipcutils/export.hpp>
#include <span>
#include <string>

namespace ipcutils {

// What is read from and written to on one side; often one descriptor. They stay the caller's, in the mode
// that they are in: what another process shares is not made non-blocking.
struct RelaySide {
  enum class Units { bytes, packets };

  // How the one who reads learns that no more comes.
  enum class End {
    shut_down,  // shutdown(2): of a socket, which can still be read
    close,      // of the descriptor, by the caller, as soon as `on_end` is called
    packet,     // a packet without bytes
    nothing,
  };

  int in = -1;       // -1: nothing comes from here
  int out = -1;      // -1: nothing goes here
  std::string name;  // for messages: "TCP 127.0.0.1:80"
  Units units = Units::bytes;
  End end = End::shut_down;
  bool empty_packet_ends = false;     // whether a packet without bytes is the end
  std::function<void()> on_end = {};  // nothing more goes there
};

// What one way has come to.
struct RelayCount {
  std::uint64_t bytes = 0;
  std::uint64_t steps = 0;  // packets, or writes
  bool has_ended = false;   // the source has ended, and all of it has been written
  bool has_unsent = false;  // it was given up with something read and not written
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
  std::size_t block = 0;        // at most so many bytes a step; 0: as is best
  Duration linger = unlimited;  // when one way has ended: how long the other may be silent
  Duration idle = unlimited;    // how long both may be silent
  Deadline deadline = Deadline::never();
  // Called with what is about to be written; it may change it by writing to `replacement` and returning true.
  // Absent: bytes need not pass through this process.
  std::function<bool(Direction direction, std::span<const std::byte> data, std::string& replacement)> filter =
      {};
};

// Blocks until both ways have ended, or as the options say. A way ends when its source does and all that came
// from it has been written, or when nobody reads any more (EPIPE, ECONNRESET), which ends that way alone: the
// other goes on. Throws Error for other failures. Manual pages: shutdown(2), splice(2), socket(7), pipe(7).
IPCUTILS_EXPORT RelayResult relay(const RelaySide& first, const RelaySide& second,
                                  const RelayOptions& options = {});

}  // namespace ipcutils
