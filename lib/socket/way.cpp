#include "way.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

namespace ipcutils {

namespace {

using std::chrono::milliseconds;

// How long a way waits for what poll(2) does not tell of.
constexpr milliseconds pause_at_end{100};   // a file that may grow
constexpr milliseconds pause_when_full{1};  // a datagram socket that is not connected

constexpr std::size_t block_into_packets = 8192;

// What somebody says to a destination that has gone, without reading anything, before they are given up.
constexpr std::uint64_t most_thrown_away = 16 * carrier_size;

// A step of so many bytes is not the last one for now.
constexpr std::uint64_t much = 65536;

// How often a way takes such steps before it is the other one's turn.
constexpr int most_turns = 16;

// How much has passed before a way is known to be a busy one.
constexpr std::uint64_t busy_after = carrier_size;

}  // namespace

Way::Way(const RelaySide& source, const RelaySide& destination, std::size_t block, Filter filter)
    : m_from{source},
      m_to{destination},
      m_left{source.length},
      m_block{block != 0           ? block
              : m_to.has_packets() ? block_into_packets
                                   : carrier_size},
      m_carrier{carrier_for(m_from, m_to, std::move(filter))},
      m_is_done{(source.in == -1 && source.before.empty()) || destination.out == -1} {}

std::array<pollfd, 2> Way::wanted(const Way& other) const {
  constexpr pollfd nothing{-1, 0, 0};
  if (throws_away(other)) return {pollfd{m_from.fd(), POLLIN, 0}, nothing};
  if (m_is_done || is_pausing()) return {nothing, nothing};
  if (m_carrier->is_loaded() || m_is_ending) return {pollfd{m_to.fd(), POLLOUT, 0}, nothing};
  return {pollfd{m_from.fd(), POLLIN, 0}, pollfd{m_to.fd(), 0, 0}};
}

Duration Way::patience() const {
  if (m_is_done) return unlimited;
  if (is_pausing()) return m_pause.remaining();
  if (m_is_ending) return unlimited;
  // What poll(2) knows nothing of.
  return (m_left == 0 || m_from.is_always_ready()) && !m_carrier->is_loaded() ? Duration::zero() : unlimited;
}

bool Way::go_on(std::span<const pollfd> polled, Way& other) {
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

void Way::give_up() {
  if (m_is_done) return;
  m_count.has_unsent = m_carrier->is_loaded() || has_unread();
  m_is_done = true;
}

// Whether something waits in the source: bytes or packets, not its end.
bool Way::has_unread() const {
  if (m_from.has_some_before()) return true;
  if (m_from.type() == DescriptorType::other || m_from.type() == DescriptorType::null_device) return false;
  return m_from.look(carrier_size).step == Step::moved;
}

bool Way::step() {
  const bool has_loaded = load();
  // Most often there is room.
  return (m_carrier->is_loaded() && unload()) || has_loaded;
}

// Whether the source has just given so much that trying again is quicker than asking poll(2), which takes a
// seventh of the time of a busy TCP connection. Only sockets are read without blocking.
bool Way::is_flowing(std::uint64_t moved) const {
  return moved >= much && is_socket(m_from.type()) && !m_is_done && !m_is_ending && !m_carrier->is_loaded() &&
         m_left != 0;
}

bool Way::load() {
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

bool Way::unload() {
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
      if (m_count.bytes < busy_after && m_count.bytes + result.size >= busy_after) widen();
      m_count.bytes += result.size;
      ++m_count.steps;
      return true;
  }
  return false;
}

// Pipes are small until they are needed: of large ones a user has only so many (pipe(7)).
void Way::widen() {
  m_from.widen();
  m_to.widen();
  m_carrier->widen();
}

// Nobody reads any more.
void Way::lose_destination(int errnum, bool has_unsent) {
  m_count.errnum = errnum;
  m_count.has_unsent = has_unsent;
  m_is_done = true;
  m_speaks_to_nobody = m_from.type() != DescriptorType::file;
  copy_instead();
}

// One who cannot give its answer does not read either, and `other` would wait for ever. So the answer is
// taken, since nobody wants it.
void Way::throw_away(Way& other) {
  const auto result = m_carrier->load(m_from, carrier_size);
  if (result.step == Step::ended || result.step == Step::broken) m_speaks_to_nobody = false;
  if (std::exchange(m_other_bytes, other.m_count.bytes) != other.m_count.bytes) m_thrown_away = 0;
  m_thrown_away += result.size;
  if (m_thrown_away > most_thrown_away) other.lose_destination(EPIPE, true);
}

bool Way::end_of_source() {
  m_count.has_ended = true;
  end();
  return true;
}

// Whether the destination has been told.
bool Way::end() {
  m_is_done = m_to.end();
  m_is_ending = !m_is_done;
  if (m_is_ending && m_to.is_polled_in_vain()) pause(pause_when_full);
  return m_is_done;
}

}  // namespace ipcutils
