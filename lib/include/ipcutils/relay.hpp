// Bytes both ways between two sides, such as two sockets. Each way has an end of its own.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <ipcutils/deadline.hpp>
#include <ipcutils/export.hpp>
#include <ipcutils/pump.hpp>
#include <memory>
#include <span>
#include <string>

namespace ipcutils {

// What is read from and written to on one side.
struct Side {
  std::unique_ptr<Source> source = {};      // null: nothing comes from here
  std::unique_ptr<Sink> sink = {};          // null: nothing goes here
  std::string name = {};                    // for messages
  Duration half_close_timeout = unlimited;  // how long it may be silent when the other way has ended
  Duration gone_timeout = unlimited;        // and when the peer that it goes to has gone
};

struct RelayResult {
  enum class Reason : std::uint8_t {
    ended,        // both ways
    lingered,     // one way, and the other was silent for too long
    idle,         // neither way, and both were silent for too long
    interrupted,  // the deadline has passed
  };
  Reason reason;
  PumpCount forward;  // from the first side to the second
  PumpCount backward;
};

enum class Direction : std::uint8_t { forward, backward };

struct RelayOptions {
  std::size_t block = 0;      // at most so many bytes a step; 0: as is best
  Duration idle = unlimited;  // how long both may be silent
  Deadline deadline = Deadline::never();
  // Called with what is about to be written; it may change it by writing to `replacement` and returning true.
  // Absent: bytes need not pass through this process.
  std::function<bool(Direction direction, std::span<const std::byte> data, std::string& replacement)> filter =
      {};
  // Called after every step. It must not throw.
  std::function<void(const PumpCount& forward, const PumpCount& backward)> progress = {};
  // Called once when one way has ended and the other has been silent for this long, with the side that it
  // comes from.
  Duration notice_after = unlimited;
  std::function<void(const Side& awaited)> on_silence = {};
};

// Two pumps and how long they have been silent. A way ends when its source does and all that came from it has
// been written. When the peer that it writes to has gone, it ends with the next byte that cannot be
// delivered, and by the end of its source otherwise, so that the result does not depend on timing; a
// connection that has failed ends it at once. What still comes for a peer that has gone is dropped while the
// other way is held up. Regular files are passed to pipes and sockets by reference. The sides must outlive
// it. Manual pages: shutdown(2), splice(2), socket(7), pipe(7).
class IPCUTILS_EXPORT Relay {
 public:
  Relay(Side& first, Side& second, RelayOptions options);

  bool is_done() const noexcept { return m_is_over; }
  RelayResult result();

  // For poll(2): the descriptors, and how long it may take.
  std::array<pollfd, 4> wanted() const;
  Duration timeout() const;

  // Moves what it can at once.
  void advance(std::span<const pollfd, 4> polled);

  // Until it is done or `deadline` of the options has passed. Throws Error for failures that do not only end
  // one way.
  RelayResult run();

 private:
  bool is_lingering() const;
  const Side& awaited() const;
  void note_activity();
  void finish(RelayResult::Reason reason);

  Side& m_first;
  Side& m_second;
  RelayOptions m_options;
  Pump m_forward;
  Pump m_backward;
  bool m_has_both;
  bool m_has_told = false;
  bool m_is_over = false;
  RelayResult::Reason m_reason = RelayResult::Reason::ended;
  Deadline m_is_silent_at = Deadline::never();
  Deadline m_notice = Deadline::never();
};

IPCUTILS_EXPORT RelayResult relay(Side& first, Side& second, RelayOptions options = {});

}  // namespace ipcutils
