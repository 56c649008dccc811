#include <sys/epoll.h>

#include <array>
#include <ipcutils/relay_loop.hpp>
#include <set>

#include "../core/failure.hpp"

namespace ipcutils {

struct RelayLoop::Connection {
  Connection(std::uint32_t own_number, Side one, Side other, RelayOptions options, Done when_done)
      : number{own_number},
        first{std::move(one)},
        second{std::move(other)},
        relay{first, second, std::move(options)},
        done{std::move(when_done)} {}

  std::uint32_t number;
  Side first;
  Side second;
  Relay relay;
  Done done;
  std::map<int, std::uint32_t> watched = {};  // descriptors, and the events that epoll(7) looks for
  std::set<int> unwatched = {};               // which epoll(7) refuses, as poll(2) has them always ready
  std::map<int, std::uint32_t> seen = {};     // the events of this turn
  std::optional<std::multimap<Clock::time_point, std::uint32_t>::iterator> due = std::nullopt;
};

namespace {

std::uint64_t key_of(std::uint32_t number, int fd) {
  return std::uint64_t{number} << 32 | static_cast<std::uint32_t>(fd);
}

}  // namespace

RelayLoop::RelayLoop() : m_epoll{::epoll_create1(EPOLL_CLOEXEC)} {
  if (!m_epoll.is_open()) fail(errno, "cannot watch connections");
}

RelayLoop::~RelayLoop() = default;

void RelayLoop::add(Side first, Side second, RelayOptions options, Done done) {
  const auto number = m_next++;
  auto connection = std::make_unique<Connection>(number, std::move(first), std::move(second),
                                                 std::move(options), std::move(done));
  auto& added = *m_connections.emplace(number, std::move(connection)).first->second;
  try {
    if (added.relay.is_done()) return finish(number, nullptr);
    watch(added);
  } catch (const Error&) {
    finish(number, std::current_exception());
  }
}

Duration RelayLoop::timeout() const {
  if (m_due.empty()) return unlimited;
  return std::max<Duration>(m_due.begin()->first - Clock::now(), Duration::zero());
}

// Tells epoll(7) what has changed, and notes when the relay goes on without any event.
void RelayLoop::watch(Connection& connection) {
  std::map<int, std::uint32_t> wanted;
  auto timeout = connection.relay.timeout();
  for (const auto& entry : connection.relay.wanted()) {
    if (entry.fd == -1) continue;
    if (!connection.unwatched.contains(entry.fd))
      wanted[entry.fd] |= static_cast<std::uint32_t>(entry.events);
    else if (entry.events != 0)
      timeout = Duration::zero();
  }
  auto& watched = connection.watched;
  std::erase_if(watched, [&](const auto& old) {
    if (wanted.contains(old.first)) return false;
    ::epoll_ctl(m_epoll.get(), EPOLL_CTL_DEL, old.first, nullptr);
    return true;
  });
  for (const auto& [fd, events] : wanted) {
    const auto old = watched.find(fd);
    if (old != watched.end() && old->second == events) continue;
    epoll_event event{.events = events, .data = {.u64 = key_of(connection.number, fd)}};
    const int operation = old == watched.end() ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
    if (::epoll_ctl(m_epoll.get(), operation, fd, &event) == 0) {
      watched[fd] = events;
    } else {
      if (errno != EPERM) fail(errno, "cannot watch a connection");
      connection.unwatched.insert(fd);
      timeout = Duration::zero();
    }
  }
  if (connection.due) m_due.erase(*connection.due);
  connection.due.reset();
  if (timeout != unlimited) connection.due = m_due.emplace(Clock::now() + timeout, connection.number);
}

void RelayLoop::go_on(Connection& connection) {
  try {
    auto entries = connection.relay.wanted();
    for (auto& entry : entries) {
      const auto seen = connection.seen.find(entry.fd);
      if (seen != connection.seen.end()) entry.revents = static_cast<short>(seen->second);
      if (connection.unwatched.contains(entry.fd)) entry.revents = entry.events;
    }
    connection.seen.clear();
    connection.relay.advance(entries);
    if (connection.relay.is_done()) return finish(connection.number, nullptr);
    watch(connection);
  } catch (const Error&) {
    finish(connection.number, std::current_exception());
  }
}

void RelayLoop::finish(std::uint32_t number, const std::exception_ptr& failure) {
  const auto found = m_connections.find(number);
  const auto connection = std::move(found->second);
  m_connections.erase(found);
  if (connection->due) m_due.erase(*connection->due);
  for (const auto& [fd, events] : connection->watched) ::epoll_ctl(m_epoll.get(), EPOLL_CTL_DEL, fd, nullptr);
  if (connection->done) connection->done(connection->relay.result(), failure);
}

void RelayLoop::turn() {
  std::set<std::uint32_t> ready;
  std::array<epoll_event, 256> events;
  const int count = ::epoll_wait(m_epoll.get(), events.data(), static_cast<int>(events.size()), 0);
  for (int i = 0; i < count; ++i) {
    const auto& event = events[static_cast<std::size_t>(i)];
    const auto number = static_cast<std::uint32_t>(event.data.u64 >> 32);
    const auto found = m_connections.find(number);
    if (found == m_connections.end()) continue;
    found->second->seen[static_cast<int>(event.data.u64 & 0xffffffff)] |= event.events;
    ready.insert(number);
  }
  const auto now = Clock::now();
  for (auto due = m_due.begin(); due != m_due.end() && due->first <= now; ++due) ready.insert(due->second);
  for (const auto number : ready)
    if (const auto found = m_connections.find(number); found != m_connections.end()) go_on(*found->second);
}

Waited RelayLoop::run(const Deadline& deadline) {
  while (!m_connections.empty()) {
    if (wait_for_event(fd(), POLLIN, deadline.within(timeout())) == Waited::interrupted)
      return Waited::interrupted;
    turn();
    if (deadline.time_left() == Duration::zero()) return Waited::timed_out;
  }
  return Waited::ready;
}

}  // namespace ipcutils
