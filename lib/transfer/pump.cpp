#include <algorithm>
#include <cerrno>
#include <chrono>
#include <ipcutils/error.hpp>
#include <ipcutils/pump.hpp>
#include <utility>

#include "../core/signal_mask.hpp"
#include "carrier.hpp"

namespace ipcutils {

namespace {

using std::chrono::milliseconds;
using Outcome = Move::Outcome;

// How long a way waits for what poll(2) does not tell of.
constexpr milliseconds pause_at_end{100};   // a file that may grow
constexpr milliseconds pause_when_full{1};  // a datagram socket that is not connected

constexpr std::size_t block_into_packets = 8192;

// What a peer without reader may send while the other way stands still, before that is given up.
constexpr std::uint64_t most_discarded = 16 * carrier_size;

// After a step of so many bytes there is probably more.
constexpr std::uint64_t much = 65536;

// After so many bytes the other way has its turn, progress is told and signals are seen.
constexpr std::uint64_t most_at_once = carrier_size;

// A user has only so many pages in large pipes (pipe(7)): they are for ways on which much passes.
constexpr std::uint64_t busy_after = carrier_size;

std::size_t default_block(const Sink& to) {
  return to.medium() == Medium::packets ? block_into_packets : carrier_size;
}

}  // namespace

Pump::Pump(Source* from, Sink* to, PumpOptions options)
    : m_from{from},
      m_to{to},
      m_options{std::move(options)},
      m_block{m_options.block},
      m_is_done{!from || !to} {
  if (m_is_done) return;
  if (m_block == 0) m_block = default_block(*to);
  m_left = from->rules().length;
  m_carrier = carrier_for(*from, *to, m_options);
}

Pump::~Pump() = default;

std::array<pollfd, 2> Pump::wanted() const noexcept {
  constexpr pollfd nothing{-1, 0, 0};
  if (m_is_done) return {nothing, nothing};
  const pollfd departure = m_reader_has_left ? nothing : pollfd{m_to->fd(), 0, 0};
  if (is_pausing()) return {nothing, m_wants == Wants::source ? departure : nothing};
  if (m_wants == Wants::sink) return {nothing, pollfd{m_to->fd(), POLLOUT, 0}};
  return {pollfd{m_from->fd(), POLLIN, 0}, departure};
}

Duration Pump::timeout() const {
  if (m_is_done) return unlimited;
  if (is_pausing()) return m_pause.remaining();
  if (m_wants == Wants::sink) return m_to->fd() == -1 ? Duration::zero() : unlimited;
  return needs_no_answer() ? Duration::zero() : m_gone_until.remaining();
}

bool Pump::needs_no_answer() const noexcept {
  if (m_wants == Wants::sink) return m_to->fd() == -1;
  return m_left == 0 || m_from->is_always_ready() || m_from->medium() == Medium::file;
}

bool Pump::advance(std::span<const pollfd, 2> polled) {
  if (m_is_done) return false;
  if (is_pausing()) {
    if (m_wants == Wants::source) note_departure(polled[1].revents);
    return m_is_done;
  }
  if (m_is_ending) return (polled[1].revents != 0 || m_to->is_polled_in_vain()) && end();
  const bool is_ready = polled[0].revents != 0 || (m_wants == Wants::sink && polled[1].revents != 0);
  const bool has_moved = (is_ready || needs_no_answer()) && move();
  if (!has_moved && !m_is_done && m_wants == Wants::source) note_departure(polled[1].revents);
  if (!has_moved && !m_is_done && m_gone_until.has_passed()) lose_sink(EPIPE, has_unread());
  return has_moved || m_is_done;
}

// Several steps, as long as trying again is quicker than asking poll(2), which takes a seventh of the time of
// a busy TCP connection.
bool Pump::move() {
  bool has_moved = false;
  std::uint64_t before = 0;
  const auto begin = m_count.bytes;
  do {
    before = m_count.bytes;
    has_moved = step() || has_moved;
  } while (m_count.bytes - begin < most_at_once && is_flowing(m_count.bytes - before));
  return has_moved;
}

bool Pump::is_flowing(std::uint64_t moved) const noexcept {
  return moved >= much && !m_is_done && !m_is_ending && m_left != 0 && m_from->can_be_tried() &&
         m_to->can_be_tried();
}

bool Pump::step() {
  if (m_left == 0 && !m_carrier->is_loaded()) return end_of_source();
  const auto limit = static_cast<std::size_t>(std::min<std::uint64_t>(m_block, m_left));
  const auto result = m_carrier->move(*m_from, *m_to, limit);
  if (m_left != until_end) m_left -= std::min(m_left, result.taken);
  const bool has_passed = result.written > 0 || result.outcome == Outcome::moved;
  if (result.written > 0 || (result.outcome == Outcome::moved && m_to->medium() == Medium::packets)) {
    if (m_count.bytes < busy_after && m_count.bytes + result.written >= busy_after) widen();
    m_count.bytes += result.written;
    ++m_count.steps;
    // The FIFO has a new reader.
    m_reader_has_left = false;
    m_gone_until = Deadline::never();
  }
  m_wants = m_carrier->is_loaded() || result.outcome == Outcome::sink_blocked ? Wants::sink : Wants::source;
  switch (result.outcome) {
    case Outcome::moved:
      return has_passed;
    case Outcome::source_blocked:
      return false;
    case Outcome::sink_blocked:
      if (m_to->is_polled_in_vain()) pause(pause_when_full);
      return result.taken > 0;
    case Outcome::source_ended:
      if (m_source_errnum != 0) return lose_source(m_source_errnum);
      if (!m_from->rules().follows) return end_of_source();
      pause(pause_at_end);
      return false;
    case Outcome::source_gone:
      return lose_source(result.errnum);
    case Outcome::sink_gone:
      // splice(2) tells this before it looks whether the source has anything.
      if (result.taken == 0 && !m_carrier->is_loaded()) {
        const auto there = m_from->look(1).step;
        if (there == Step::ended && !m_from->rules().follows) return end_of_source();
        if (there == Step::blocked) {
          note_departure(POLLERR);
          return m_is_done;
        }
      }
      lose_sink(result.errnum, true);
      return true;
    case Outcome::refused:
      m_carrier = copying_carrier_after(*m_carrier, *m_from, *m_to);
      return true;
  }
  return false;
}

// The reader has gone while nothing was on its way. Whether that loses anything only the source can tell: by
// its end, or by another byte. One that follows has no end. A failure of the connection is final; EPIPE is
// the answer of a peer that had ended to what was written after that.
void Pump::note_departure(short revents) {
  if ((revents & (POLLERR | POLLHUP)) == 0) return;
  if (const int errnum = m_to->take_error(); errnum != 0)
    return lose_sink(errnum, errnum == EPIPE || has_unread());
  if (m_to->peer_may_leave() || m_from->rules().follows) return lose_sink(EPIPE, has_unread());
  if (m_from->is_silent()) {
    end_of_source();
    return;
  }
  m_reader_has_left = true;
  m_gone_until = Deadline::after(m_options.gone_timeout);
}

void Pump::lose_sink(int errnum, bool has_unsent) {
  m_count.sink_gone = true;
  m_count.errnum = errnum;
  m_count.has_unsent = has_unsent;
  m_is_done = true;
  m_may_discard = m_from->medium() != Medium::file && m_from->medium() != Medium::memory;
}

bool Pump::lose_source(int errnum) {
  if (m_from->peer_may_leave()) return end_of_source();
  m_count.source_gone = true;
  m_count.errnum = errnum;
  // A reset is passed on where the peer can see one; others see an end.
  if (m_to->reset_at_close())
    m_is_done = true;
  else
    end();
  return true;
}

void Pump::lose_reader(int errnum) {
  if (!m_is_done) lose_sink(errnum, m_carrier->is_loaded() || has_unread());
}

bool Pump::end_of_source() {
  m_count.has_ended = true;
  end();
  return true;
}

// Whether the sink has been told.
bool Pump::end() {
  m_is_done = m_to->tell_end().step != Step::blocked;
  m_is_ending = !m_is_done;
  m_wants = Wants::sink;
  if (m_is_ending && m_to->is_polled_in_vain()) pause(pause_when_full);
  return m_is_done;
}

// Whether something waits in the source: bytes or packets, not its end.
bool Pump::has_unread() const {
  if (m_from->has_prefetched()) return true;
  using enum Medium;
  const auto medium = m_from->medium();
  if (medium == other || medium == null_device || medium == terminal || !m_from->descriptor().is_open())
    return false;
  return m_from->look(carrier_size).step == Step::moved;
}

void Pump::widen() {
  if (!m_options.may_widen_pipes) return;
  m_from->widen();
  m_to->widen();
  m_carrier->widen();
}

void Pump::resume() noexcept {
  m_is_done = false;
  m_reader_has_left = false;
  m_gone_until = Deadline::never();
  m_may_discard = false;
  m_count.sink_gone = false;
  m_count.has_unsent = false;
  m_count.errnum = 0;
}

void Pump::give_up() {
  if (m_is_done) return;
  m_count.has_unsent = m_carrier->is_loaded() || has_unread();
  m_is_done = true;
}

bool Pump::is_held_up() const noexcept { return !m_is_done && m_wants == Wants::sink; }

bool Pump::discard(std::uint64_t other_bytes) {
  std::array<std::byte, 65536> nowhere;
  const auto result = m_from->read(nowhere);
  if (result.step == Step::ended || result.step == Step::gone) m_may_discard = false;
  if (std::exchange(m_other_bytes, other_bytes) != other_bytes) m_discarded = 0;
  m_discarded += result.size;
  return m_discarded <= most_discarded;
}

Pump::Stop Pump::run(const Deadline& deadline, const std::function<void(std::uint64_t moved)>& progress) {
  const auto patience = [this] {
    return Deadline::after(m_wants == Wants::sink ? m_options.sink_timeout : m_options.source_timeout);
  };
  for (auto stalled = patience(); !m_is_done;) {
    auto entries = wanted();
    const auto awaited = m_wants;
    const auto before = m_count.bytes;
    const auto until = deadline.within(stalled.time_left());
    const bool goes_on_at_once = needs_no_answer() && !is_pausing();
    const bool is_interrupted =
        goes_on_at_once ? is_to_be_interrupted(deadline)
                        : wait_for_events(entries, until.within(timeout())) == Waited::interrupted;
    if (is_interrupted) return Stop::interrupted;
    const bool has_moved = advance(entries);
    if (m_count.bytes != before && progress) progress(m_count.bytes);
    // The clock alone: the wait has just asked for signals.
    const auto& limit = has_moved ? deadline : until;
    if (!m_is_done && limit.time_left() == Duration::zero()) return Stop::timed_out;
    if (has_moved || m_wants != awaited) stalled = patience();
  }
  if (m_count.source_gone) throw Error{m_count.errnum, "cannot read " + m_from->name()};
  return m_count.sink_gone ? Stop::sink_gone : Stop::ended;
}

}  // namespace ipcutils
