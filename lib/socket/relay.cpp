#include <ipcutils/relay.hpp>

#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <ipcutils/poll.hpp>

#include "relay_ends.hpp"
#include "way.hpp"

namespace ipcutils {

namespace {

using std::chrono::milliseconds;

// Nobody tells when the other side has got all.
constexpr milliseconds pause_while_under_way{20};

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
