// Many relays in one process.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <ipcutils/export.hpp>
#include <ipcutils/file_descriptor.hpp>
#include <ipcutils/relay.hpp>
#include <map>
#include <memory>

namespace ipcutils {

// Drives any number of relays by one epoll(7) descriptor, and owns their sides. Not thread-safe.
class IPCUTILS_EXPORT RelayLoop {
 public:
  // Called when a relay is over; `failure` is the Error that ended it, or null. It may add others.
  using Done = std::function<void(const RelayResult& result, const std::exception_ptr& failure)>;

  RelayLoop();
  RelayLoop(const RelayLoop&) = delete;
  RelayLoop& operator=(const RelayLoop&) = delete;
  ~RelayLoop();

  // The deadline of the options is not heard: see run(). No two relays may share a descriptor, and none may
  // be one that other processes have, too, since epoll(7) would go on to watch it there after its end here.
  void add(Side first, Side second, RelayOptions options, Done done);
  std::size_t size() const noexcept { return m_connections.size(); }

  // Readable when some relay can go on, so that a loop can be one descriptor of another wait; and how long
  // turn() can be put off at most.
  int fd() const noexcept { return m_epoll.get(); }
  Duration timeout() const;

  // Goes on with all that can, without waiting for anything.
  void turn();

  // Until no relay is left (ready), or `deadline` has passed.
  Waited run(const Deadline& deadline);

 private:
  struct Connection;
  using Clock = std::chrono::steady_clock;

  void go_on(Connection& connection);
  void watch(Connection& connection);
  void finish(std::uint32_t number, const std::exception_ptr& failure);

  FileDescriptor m_epoll;
  std::uint32_t m_next = 0;
  std::map<std::uint32_t, std::unique_ptr<Connection>> m_connections;
  std::multimap<Clock::time_point, std::uint32_t> m_due;  // those that go on at some time by themselves
};

}  // namespace ipcutils
