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

std::uint32_t FileWatch::drain() const {
  alignas(inotify_event) std::array<char, 4096> events;
  std::uint32_t all = 0;
  if (!m_inotify.is_open()) return all;
  for (ssize_t size; (size = ::read(m_inotify.get(), events.data(), events.size())) > 0;)
    for (ssize_t at = 0; at < size;) {
      const auto* event = reinterpret_cast<const inotify_event*>(events.data() + at);
      all |= event->mask;
      at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
    }
  return all;
}

void FileWatch::wait(const Deadline& deadline) const {
  constexpr std::chrono::milliseconds pause{50};
  wait_for_event(m_inotify.get(), POLLIN, m_inotify.is_open() ? deadline : deadline.within(pause));
  drain();
}

}  // namespace ipcutils
