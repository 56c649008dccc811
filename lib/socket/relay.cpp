#include <ipcutils/relay.hpp>

#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <ipcutils/poll.hpp>
#include <optional>
#include <utility>

#include "carrier.hpp"
#include "relay_ends.hpp"

namespace ipcutils {

namespace {

using std::chrono::milliseconds;

// How long a way waits for what poll(2) does not tell of.
constexpr milliseconds pause_at_end{100};   // a file that may grow
constexpr milliseconds pause_when_full{1};  // a datagram socket that is not connected

// Nobody tells when the other side has got all.
constexpr milliseconds pause_while_under_way{20};

constexpr std::size_t block_into_packets = 8192;

// What somebody says to a destination that has gone, without reading anything, before they are given up.
constexpr std::uint64_t most_thrown_away = 16 * carrier_size;

// A step of so many bytes is not the last one for now.
constexpr std::uint64_t much = 65536;

// How often a way takes such steps before it is the other one's turn.
constexpr int most_turns = 16;

// How much has passed before a way is known to be a busy one.
constexpr std::uint64_t busy_after = carrier_size;

// One way of a relay. It never blocks.
class Way {
 public:
  Way(const RelaySide& source, const RelaySide& destination, std::size_t block, Filter filter)
      : m_from{source},
        m_to{destination},
        m_left{source.length},
        m_block{block != 0           ? block
                : m_to.has_packets() ? block_into_packets
                                     : carrier_size},
        m_carrier{carrier_for(m_from, m_to, std::move(filter))},
        m_is_done{(source.in == -1 && source.before.empty()) || destination.out == -1} {}

  bool is_done() const noexcept { return m_is_done; }
  const RelayCount& count() const noexcept { return m_count; }

  // What it waits for: the source, or the destination. While it waits for the source, the end of the
  // destination is watched as well.
  std::array<pollfd, 2> wanted(const Way& other) const {
    constexpr pollfd nothing{-1, 0, 0};
    if (throws_away(other)) return {pollfd{m_from.fd(), POLLIN, 0}, nothing};
    if (m_is_done || is_pausing()) return {nothing, nothing};
    if (m_carrier->is_loaded() || m_is_ending) return {pollfd{m_to.fd(), POLLOUT, 0}, nothing};
    return {pollfd{m_from.fd(), POLLIN, 0}, pollfd{m_to.fd(), 0, 0}};
  }

  // How long poll(2) may take at most.
  Duration patience() const {
    if (m_is_done) return unlimited;
    if (is_pausing()) return m_pause.remaining();
    if (m_is_ending) return unlimited;
    // What poll(2) knows nothing of.
    return (m_left == 0 || m_from.is_always_ready()) && !m_carrier->is_loaded() ? Duration::zero()
                                                                                : unlimited;
  }

  // Moves what it can at once. Whether anything has happened.
  bool go_on(std::span<const pollfd> polled, Way& other) {
    const bool is_ready = polled[0].revents != 0;
    if (is_ready && throws_away(other)) throw_away(other);
    if (m_is_done || is_pausing()) return false;
    if (m_is_ending) return is_ready && end();
    if (m_carrier->is_loaded()) return is_ready && unload();
    if (m_left == 0) return end_of_source();
    bool has_moved = false;
    if (is_ready || m_from.is_always_ready()) {
      for (int turn = 0; turn < most_turns; ++turn) {
        const auto before = m_count.bytes;
        has_moved = step() || has_moved;
        if (!is_flowing(m_count.bytes - before)) break;
      }
    }
    if (has_moved || m_is_done || (polled[1].revents & (POLLERR | POLLHUP)) == 0) return has_moved;
    lose_destination(EPIPE, has_unread());
    return true;
  }

  void give_up() {
    if (m_is_done) return;
    m_count.has_unsent = m_carrier->is_loaded() || has_unread();
    m_is_done = true;
  }

 private:
  bool is_pausing() const noexcept { return !m_pause.has_passed(); }
  void pause(Duration duration) { m_pause = Deadline::after(duration); }

  // Whether something waits in the source: bytes or packets, not its end.
  bool has_unread() const {
    if (m_from.has_some_before()) return true;
    if (m_from.type() == DescriptorType::other || m_from.type() == DescriptorType::null_device) return false;
    return m_from.look(carrier_size).step == Step::moved;
  }

  bool step() {
    const bool has_loaded = load();
    // Most often there is room.
    return (m_carrier->is_loaded() && unload()) || has_loaded;
  }

  // Whether the source has just given so much that trying again is quicker than asking poll(2), which takes a
  // seventh of the time of a busy TCP connection. Only sockets are read without blocking.
  bool is_flowing(std::uint64_t moved) const {
    return moved >= much && is_socket(m_from.type()) && !m_is_done && !m_is_ending &&
           !m_carrier->is_loaded() && m_left != 0;
  }

  bool load() {
    const auto limit = std::min<std::uint64_t>(m_block, m_left);
    const auto result = m_carrier->load(m_from, static_cast<std::size_t>(limit));
    switch (result.step) {
      case Step::blocked:
        return false;
      case Step::refused:
        copy_instead();
        return true;
      case Step::broken:
        m_count.errnum = errno;
        end();
        return true;
      case Step::ended:
        if (!m_from.ignores_end()) return end_of_source();
        pause(pause_at_end);
        return false;
      case Step::moved:
        if (m_left != until_end) m_left -= std::min<std::uint64_t>(m_left, result.size);
        return true;
    }
    return false;
  }

  bool unload() {
    const auto result = m_carrier->unload(m_to);
    if (result.step != Step::moved && m_left != until_end) m_left += result.size;
    switch (result.step) {
      case Step::blocked:
        if (m_to.is_polled_in_vain()) pause(pause_when_full);
        return false;
      case Step::refused:
        copy_instead();
        return true;
      case Step::ended:
      case Step::broken:
        lose_destination(errno, true);
        return true;
      case Step::moved:
        m_count.bytes += result.size;
        ++m_count.steps;
        if (!m_is_wide && m_count.bytes >= busy_after) widen();
        return true;
    }
    return false;
  }

  // Pipes are small until they are needed: of large ones a user has only so many (pipe(7)).
  void widen() {
    m_is_wide = true;
    m_from.widen();
    m_to.widen();
    m_carrier->widen();
  }

  // Nobody reads any more.
  void lose_destination(int errnum, bool has_unsent) {
    m_count.errnum = errnum;
    m_count.has_unsent = has_unsent;
    m_is_done = true;
    m_speaks_to_nobody = m_from.type() != DescriptorType::file;
    copy_instead();
  }

  // Whether the destination has no room for what is on its way.
  bool is_held_up() const { return !m_is_done && m_carrier->is_loaded(); }

  // One who cannot give its answer does not read either, and `other` would wait for ever. So the answer is
  // taken, since nobody wants it.
  bool throws_away(const Way& other) const { return m_speaks_to_nobody && other.is_held_up(); }

  void throw_away(Way& other) {
    const auto result = m_carrier->load(m_from, carrier_size);
    if (result.step == Step::ended || result.step == Step::broken) m_speaks_to_nobody = false;
    if (std::exchange(m_other_bytes, other.m_count.bytes) != other.m_count.bytes) m_thrown_away = 0;
    m_thrown_away += result.size;
    if (m_thrown_away > most_thrown_away) other.lose_destination(EPIPE, true);
  }

  void copy_instead() { m_carrier = copying_carrier_after(*m_carrier, m_from, m_to); }

  bool end_of_source() {
    m_count.has_ended = true;
    end();
    return true;
  }

  // Whether the destination has been told.
  bool end() {
    m_is_done = m_to.end();
    m_is_ending = !m_is_done;
    if (m_is_ending && m_to.is_polled_in_vain()) pause(pause_when_full);
    return m_is_done;
  }

  Source m_from;
  Destination m_to;
  std::uint64_t m_left;
  std::size_t m_block;
  std::unique_ptr<Carrier> m_carrier;
  RelayCount m_count;
  Deadline m_pause = Deadline::immediate();
  bool m_is_done;
  bool m_is_ending = false;  // the destination is full, and is still to be told
  bool m_is_wide = false;
  bool m_speaks_to_nobody = false;  // the source, and may not know of it
  std::uint64_t m_thrown_away = 0;  // while the other way had got so far:
  std::uint64_t m_other_bytes = 0;
};

Filter filter_of(const RelayOptions& options, Direction direction) {
  if (!options.filter) return {};
  return [&options, direction](std::span<const std::byte> data, std::string& replacement) {
    return options.filter(direction, data, replacement);
  };
}

// Both ways, and how long they have been silent.
class Relay {
 public:
  Relay(const RelaySide& first, const RelaySide& second, const RelayOptions& options)
      : m_first{first},
        m_second{second},
        m_options{options},
        m_forward{first, second, options.block, filter_of(options, Direction::forward)},
        m_backward{second, first, options.block, filter_of(options, Direction::backward)},
        m_has_both{!m_forward.is_done() && !m_backward.is_done()} {}

  RelayResult run() {
    using Reason = RelayResult::Reason;
    note_activity();
    while (!is_done()) {
      const auto forward = m_forward.wanted(m_backward);
      const auto backward = m_backward.wanted(m_forward);
      std::array<pollfd, 4> entries{forward[0], forward[1], backward[0], backward[1]};
      poll_until(entries, m_options.deadline.within(patience()));
      if (m_options.deadline.has_passed()) return result(Reason::interrupted);
      const bool was_lingering = is_lingering();
      const bool forward_moved = m_forward.go_on(std::span{entries}.first(2), m_backward);
      const bool backward_moved = m_backward.go_on(std::span{entries}.last(2), m_forward);
      if (forward_moved || backward_moved) {
        if (m_options.progress) m_options.progress(m_forward.count(), m_backward.count());
        note_activity();
      } else if (m_is_silent_at.has_passed()) {
        return result(was_lingering && awaited().linger <= m_options.idle ? Reason::lingered : Reason::idle);
      } else if (is_lingering() && m_notice.has_passed()) {
        m_notice = Deadline::never();
        m_has_told = true;
        m_options.on_silence(awaited());
      }
    }
    return result(Reason::ended);
  }

 private:
  bool is_done() const { return m_forward.is_done() && m_backward.is_done(); }
  bool is_lingering() const { return m_has_both && (m_forward.is_done() || m_backward.is_done()); }
  const RelaySide& awaited() const { return m_forward.is_done() ? m_second : m_first; }

  Duration patience() const {
    return std::min(
        {m_is_silent_at.remaining(), m_notice.remaining(), m_forward.patience(), m_backward.patience()});
  }

  void note_activity() {
    const bool lingers = is_lingering();
    m_is_silent_at = Deadline::after(lingers ? std::min(awaited().linger, m_options.idle) : m_options.idle);
    if (lingers && m_options.on_silence && !m_has_told) m_notice = Deadline::after(m_options.patience);
  }

  RelayResult result(RelayResult::Reason reason) {
    m_forward.give_up();
    m_backward.give_up();
    return RelayResult{reason, m_forward.count(), m_backward.count()};
  }

  const RelaySide& m_first;
  const RelaySide& m_second;
  const RelayOptions& m_options;
  Way m_forward;
  Way m_backward;
  bool m_has_both;
  bool m_has_told = false;
  Deadline m_is_silent_at = Deadline::never();
  Deadline m_notice = Deadline::never();
};

}  // namespace

RelayResult relay(const RelaySide& first, const RelaySide& second, const RelayOptions& options) {
  return Relay{first, second, options}.run();
}

bool drain(int socket, DrainUntil until, Duration grace, const Deadline& deadline) {
  // What a UNIX socket has sent is with its reader only when that has read it.
  const bool may_leave = until == DrainUntil::sent && descriptor_type(socket) != DescriptorType::unix_socket;
  std::array<std::byte, 16 * 1024> nowhere;
  bool has_thrown_away = false;
  int last_under_way = -1;
  auto end = deadline.within(grace);
  while (!end.has_passed()) {
    const auto count = ::recv(socket, nowhere.data(), nowhere.size(), MSG_DONTWAIT);
    if (count == 0) return true;
    if (count == -1 && !would_block(errno) && errno != EINTR) return false;
    has_thrown_away = has_thrown_away || count > 0;
    int under_way = 0;
    ::ioctl(socket, SIOCOUTQ, &under_way);
    if (last_under_way > under_way) end = deadline.within(grace);
    last_under_way = under_way;
    if (count > 0) continue;
    if (until == DrainUntil::sent && (under_way == 0 || (may_leave && !has_thrown_away))) return true;
    poll_until(socket, POLLIN, end.within(pause_while_under_way));
  }
  return true;
}

}  // namespace ipcutils
