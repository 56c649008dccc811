// One way of a relay. Internal.
#pragma once

#include <poll.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <ipcutils/deadline.hpp>
#include <ipcutils/relay.hpp>
#include <memory>
#include <span>

#include "carrier.hpp"
#include "relay_ends.hpp"

namespace ipcutils {

// From a source to a destination, by the cheapest carrier. It never blocks. Throws Error for what does not
// only end this way.
class Way {
 public:
  Way(const RelaySide& source, const RelaySide& destination, std::size_t block, Filter filter);

  bool is_done() const noexcept { return m_is_done; }
  const RelayCount& count() const noexcept { return m_count; }

  // What it waits for: the source, or the destination. While it waits for the source, the end of the
  // destination is watched as well.
  std::array<pollfd, 2> wanted(const Way& other) const;

  // How long poll(2) may take at most.
  Duration patience() const;

  // Moves what it can at once. Whether anything has happened.
  bool go_on(std::span<const pollfd> polled, Way& other);

  // What has not been sent by now will not be.
  void give_up();

 private:
  bool is_pausing() const noexcept { return !m_pause.has_passed(); }
  void pause(Duration duration) { m_pause = Deadline::after(duration); }

  bool step();
  bool load();
  bool unload();
  void copy_instead() { m_carrier = copying_carrier_after(*m_carrier, m_from, m_to); }
  void widen();
  bool is_flowing(std::uint64_t moved) const;
  bool has_unread() const;

  bool end_of_source();
  bool end();
  void lose_destination(int errnum, bool has_unsent);

  bool is_held_up() const { return !m_is_done && m_carrier->is_loaded(); }
  bool throws_away(const Way& other) const { return m_speaks_to_nobody && other.is_held_up(); }
  void throw_away(Way& other);

  Source m_from;
  Destination m_to;
  std::uint64_t m_left;
  std::size_t m_block;
  std::unique_ptr<Carrier> m_carrier;
  RelayCount m_count;
  Deadline m_pause = Deadline::immediate();
  bool m_is_done;
  bool m_is_ending = false;         // the destination is full, and is still to be told
  bool m_speaks_to_nobody = false;  // the source, and may not know of it
  std::uint64_t m_thrown_away = 0;  // while the other way had got so far:
  std::uint64_t m_other_bytes = 0;
};

}  // namespace ipcutils
