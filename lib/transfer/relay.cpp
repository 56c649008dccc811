#include <ipcutils/relay.hpp>

#include <algorithm>
#include <cerrno>
#include <functional>

namespace ipcutils {

namespace {

using Reason = RelayResult::Reason;

PumpOptions pump_options(const RelayOptions& options, Direction direction, const Side& from) {
  PumpOptions result{.block = options.block, .pages = Pages::by_reference, .gone_timeout = from.gone_timeout};
  if (options.filter) result.filter = std::bind_front(options.filter, direction);
  return result;
}

// What is asked for one way: as the pump says, or its source alone when that is only to be drained.
std::array<pollfd, 2> wanted_of(const Pump& pump, const Pump& other, const Side& from) {
  if (pump.may_discard() && other.is_held_up())
    return {pollfd{from.source->fd(), POLLIN, 0}, pollfd{-1, 0, 0}};
  return pump.wanted();
}

bool is_one(const Side& side) { return side.source && side.sink && side.source->fd() == side.sink->fd(); }

// The kernel tells an error of a connection once. When one way has taken it, the end that the other way reads
// there is no proper one. EPIPE is the reset of a peer that had ended before.
void doubt_source(const PumpCount& count, const Side& to, Pump& other) {
  if (count.sink_gone && count.errnum != EPIPE && is_one(to)) other.doubt_source(count.errnum);
}

// A connection that was reset takes nothing any more, either.
void lose_reader(const PumpCount& count, const Side& from, Pump& other) {
  if (count.source_gone && is_one(from)) other.lose_reader(count.errnum);
}

}  // namespace

Relay::Relay(Side& first, Side& second, RelayOptions options)
    : m_first{first},
      m_second{second},
      m_options{std::move(options)},
      m_forward{first.source.get(), second.sink.get(), pump_options(m_options, Direction::forward, first)},
      m_backward{second.source.get(), first.sink.get(), pump_options(m_options, Direction::backward, second)},
      m_has_both{!m_forward.is_done() && !m_backward.is_done()},
      m_is_over{m_forward.is_done() && m_backward.is_done()} {
  note_activity();
}

bool Relay::is_lingering() const { return m_has_both && (m_forward.is_done() || m_backward.is_done()); }

const Side& Relay::awaited() const { return m_forward.is_done() ? m_second : m_first; }

std::array<pollfd, 4> Relay::wanted() const {
  const auto forward = wanted_of(m_forward, m_backward, m_first);
  const auto backward = wanted_of(m_backward, m_forward, m_second);
  return {forward[0], forward[1], backward[0], backward[1]};
}

Duration Relay::timeout() const {
  return std::min(
      {m_is_silent_at.remaining(), m_notice.remaining(), m_forward.timeout(), m_backward.timeout()});
}

void Relay::advance(std::span<const pollfd, 4> polled) {
  const bool was_lingering = is_lingering();
  const auto advance_one = [](Pump& pump, std::span<const pollfd, 2> answers, Pump& other) {
    const bool discards = pump.may_discard() && other.is_held_up();
    if (discards && answers[0].revents != 0 && !pump.discard(other.count().bytes)) other.lose_reader(EPIPE);
    return pump.advance(answers);
  };
  const bool forward_moved = advance_one(m_forward, polled.first<2>(), m_backward);
  doubt_source(m_forward.count(), m_second, m_backward);
  const bool backward_moved = advance_one(m_backward, polled.last<2>(), m_forward);
  doubt_source(m_backward.count(), m_first, m_forward);
  lose_reader(m_forward.count(), m_first, m_backward);
  lose_reader(m_backward.count(), m_second, m_forward);
  if (m_forward.is_done() && m_backward.is_done()) return finish(Reason::ended);
  if (forward_moved || backward_moved) {
    if (m_options.progress) m_options.progress(m_forward.count(), m_backward.count());
    note_activity();
  } else if (m_is_silent_at.has_passed()) {
    finish(was_lingering && awaited().half_close_timeout <= m_options.idle ? Reason::lingered : Reason::idle);
  } else if (is_lingering() && m_notice.has_passed()) {
    m_notice = Deadline::never();
    m_has_told = true;
    m_options.on_silence(awaited());
  }
}

void Relay::note_activity() {
  const bool lingers = is_lingering();
  m_is_silent_at =
      Deadline::after(lingers ? std::min(awaited().half_close_timeout, m_options.idle) : m_options.idle);
  if (lingers && m_options.on_silence && !m_has_told) m_notice = Deadline::after(m_options.notice_after);
}

void Relay::finish(Reason reason) {
  m_is_over = true;
  m_reason = reason;
  if (m_options.progress) m_options.progress(m_forward.count(), m_backward.count());
}

RelayResult Relay::result() {
  m_forward.give_up();
  m_backward.give_up();
  return {m_reason, m_forward.count(), m_backward.count()};
}

RelayResult Relay::run() {
  while (!m_is_over) {
    auto entries = wanted();
    const auto waited = wait_for_events(entries, m_options.deadline.within(timeout()));
    if (waited == Waited::interrupted || m_options.deadline.time_left() == Duration::zero()) {
      finish(Reason::interrupted);
      break;
    }
    advance(entries);
  }
  return result();
}

RelayResult relay(Side& first, Side& second, RelayOptions options) {
  return Relay{first, second, std::move(options)}.run();
}

}  // namespace ipcutils
