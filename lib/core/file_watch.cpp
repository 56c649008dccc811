#include <ipcutils/file_watch.hpp>

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "failure.hpp"

namespace ipcutils {

FileWatch::FileWatch(const std::string& path, std::uint32_t events)
    : m_inotify{::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)} {
  if (m_inotify.is_open() && ::inotify_add_watch(m_inotify.get(), path.c_str(), events) == -1)
    m_inotify.reset();
}

void FileWatch::add(const std::string& path, std::uint32_t events) {
  if (m_inotify.is_open()) ::inotify_add_watch(m_inotify.get(), path.c_str(), events);
}

FileWatch FileWatch::of_names_in(const std::string& directory) {
  return {directory, IN_CREATE | IN_MOVED_TO | IN_DELETE | IN_MOVED_FROM | IN_ATTRIB | IN_ONLYDIR};
}

void FileWatch::drain() const {
  std::array<char, 4096> events;
  while (m_inotify.is_open() && ::read(m_inotify.get(), events.data(), events.size()) > 0) continue;
}

void FileWatch::wait(const Deadline& deadline) const {
  constexpr int pause = 50;  // milliseconds
  const int left = deadline.poll_timeout();
  const int timeout = m_inotify.is_open() ? left : left == -1 ? pause : std::min(left, pause);
  pollfd entry{m_inotify.get(), POLLIN, 0};  // poll(2) passes over an entry of -1
  if (::poll(&entry, 1, timeout) == -1 && errno != EINTR) fail(errno, "cannot wait for a file");
  drain();
}

}  // namespace ipcutils
