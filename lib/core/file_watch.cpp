#include <ipcutils/file_watch.hpp>

#include <sys/inotify.h>
#include <unistd.h>

#include <array>

#include "failure.hpp"

namespace ipcutils {

FileWatch::FileWatch() : m_inotify{::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)} {}

FileWatch::FileWatch(const std::string& path, std::uint32_t events) : FileWatch{} {
  if (!add(path, events)) m_inotify.reset();
}

bool FileWatch::add(const std::string& path, std::uint32_t events) {
  return m_inotify.is_open() && ::inotify_add_watch(m_inotify.get(), path.c_str(), events) != -1;
}

FileWatch FileWatch::of_names_in(const std::string& directory) {
  return {directory, IN_CREATE | IN_MOVED_TO | IN_DELETE | IN_MOVED_FROM | IN_ATTRIB | IN_ONLYDIR};
}

Deadline FileWatch::until_next_look(const Deadline& deadline) const noexcept {
  return m_inotify.is_open() ? deadline : deadline.within(look_interval);
}

void FileWatch::drain() const {
  std::array<char, 4096> events;
  while (m_inotify.is_open() && ::read(m_inotify.get(), events.data(), events.size()) > 0) continue;
}

void FileWatch::wait(const Deadline& deadline) const {
  constexpr std::chrono::milliseconds pause{50};
  wait_for_event(m_inotify.get(), POLLIN, m_inotify.is_open() ? deadline : deadline.within(pause));
  drain();
}

}  // namespace ipcutils
