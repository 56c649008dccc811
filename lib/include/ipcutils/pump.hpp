// One way: from a source to a sink, without ever blocking.
#pragma once

#include <array>
#include <functional>
#include <ipcutils/sink.hpp>
#include <ipcutils/source.hpp>
#include <ipcutils/wait.hpp>

namespace ipcutils {

class Carrier;

// What the reader of a pipe or socket gets when the bytes come from a file or memory.
enum class Pages : std::uint8_t {
  copied,        // the bytes as they are now
  by_reference,  // the pages themselves: faster, and later writes show through until they have been read
};

// Sees what passes; returns true when `replacement` is to pass instead.
using ByteFilter = std::function<bool(std::span<const std::byte> data, std::string& replacement)>;

struct PumpOptions {
  std::size_t block = 0;        // at most so many bytes a step; 0: as is best
  Pages pages = Pages::copied;  //
  ByteFilter filter = {};       // absent: bytes need not pass through this process
  bool may_widen_pipes = true;  // once much has passed
  // When the reader has gone, only the source's next byte or its end tells whether anything is lost: how long
  // they are awaited.
  Duration gone_timeout = unlimited;
  Duration source_timeout = unlimited;  // of run(): how long the source may be silent
  Duration sink_timeout = unlimited;    // and the sink have no room
};

// What one way has come to.
struct PumpCount {
  std::uint64_t bytes = 0;  // written
  std::uint64_t steps = 0;  // packets, or writes
  bool has_ended = false;   // the source has ended, and all of it has been written
  bool has_unsent = false;  // something was read and not delivered, or was there to be read
  bool source_gone = false;
  bool sink_gone = false;
  int errnum = 0;  // of the end that has gone
};

// Moves bytes by the cheapest way that its two ends allow: splice(2), sendfile(2), or copies through memory.
// It can be used alone (run()), in pairs (Relay), and by many in one process (RelayLoop). Source and sink
// must outlive it. Throws Error for failures that do not only end this way. Not thread-safe.
class IPCUTILS_EXPORT Pump {
 public:
  Pump(Source* from, Sink* to, PumpOptions options);  // null: nothing moves
  Pump(const Pump&) = delete;
  Pump& operator=(const Pump&) = delete;
  ~Pump();

  bool is_done() const noexcept { return m_is_done; }
  const PumpCount& count() const noexcept { return m_count; }

  // What poll(2) is to be asked: the source, and the sink. While the source is awaited, so is the departure
  // of the sink's reader.
  std::array<pollfd, 2> wanted() const noexcept;

  // How long that may take at most; zero when the next step needs no answer.
  Duration timeout() const;

  // Moves what it can at once, after poll(2) has answered. Whether anything has happened.
  bool advance(std::span<const pollfd, 2> polled);

  // Alone: moves until the source has ended, the reader has gone or `deadline` has passed.
  enum class Stop : std::uint8_t { ended, sink_gone, timed_out, interrupted };
  Stop run(const Deadline& deadline, const std::function<void(std::uint64_t moved)>& progress = {});

  // After the reader has gone, and another is there: goes on with what has been taken.
  void resume() noexcept;

  // What has not been written by now will not be.
  void give_up();

  // A peer that is blocked on writing its reply stops reading, so that the other way would stall. Once the
  // reader of this way has gone, its bytes are therefore taken and dropped while the other way is held up.
  bool is_held_up() const noexcept;
  bool may_discard() const noexcept { return m_may_discard; }
  // Whether the source has something, and whether the other way, which has written so many bytes, is still
  // worth it: false after 16 MiB without progress of that.
  bool discard(std::uint64_t other_bytes);
  // The reader of the sink has gone, as the other way has found out.
  void lose_reader(int errnum);
  // The connection of the source has failed, and the other way has taken its error: where the source ends,
  // its peer has gone.
  void doubt_source(int errnum) noexcept { m_source_errnum = errnum; }

 private:
  enum class Wants : std::uint8_t { source, sink };

  bool is_pausing() const noexcept { return !m_pause.has_passed(); }
  void pause(Duration duration) { m_pause = Deadline::after(duration); }
  bool move();
  bool step();
  bool needs_no_answer() const noexcept;
  bool is_flowing(std::uint64_t moved) const noexcept;
  void note_departure(short revents);
  bool has_unread() const;
  void lose_sink(int errnum, bool has_unsent);
  bool lose_source(int errnum);
  bool end_of_source();
  bool end();
  void widen();

  Source* m_from;
  Sink* m_to;
  PumpOptions m_options;
  std::size_t m_block;
  std::uint64_t m_left;
  std::unique_ptr<Carrier> m_carrier;
  PumpCount m_count;
  Deadline m_pause = Deadline::immediate();
  Deadline m_gone_until = Deadline::never();
  Wants m_wants = Wants::source;
  bool m_is_done;
  bool m_is_ending = false;        // the sink is full, and is still to be told of the end
  bool m_reader_has_left = false;  // seen while the source was silent; the next byte cannot be delivered
  bool m_may_discard = false;
  int m_source_errnum = 0;        // of a failure that the source itself does not tell any more
  std::uint64_t m_discarded = 0;  // while the other way had got so far:
  std::uint64_t m_other_bytes = 0;
};

}  // namespace ipcutils
