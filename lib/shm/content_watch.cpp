#include <ipcutils/content_watch.hpp>

#include <sys/inotify.h>
#include <sys/stat.h>

#include <array>
#include <ipcutils/wait.hpp>

#include "../core/failure.hpp"
#include "../file/object_file.hpp"

namespace ipcutils {

namespace {

// IN_ATTRIB comes when the file loses its name to another one, too.
constexpr std::uint32_t watched = IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB | IN_MOVE_SELF;

struct stat status_of(int file, const Reference& reference) {
  struct stat status;
  if (::fstat(file, &status) != 0) fail(errno, "cannot inspect {}", reference.description());
  return status;
}

}  // namespace

ContentWatch::ContentWatch(const SharedMemory& object)
    : m_reference{object.reference()},
      m_file{object.descriptor()},
      m_watch{fmt::format("/proc/self/fd/{}", m_file), watched} {
  if (m_file == -1)
    throw Error{ENOTSUP, fmt::format("cannot watch {}", m_reference.description()),
                "the kernel does not tell of changes in a System V segment"};
  m_status = status_of(m_file, m_reference);
}

bool ContentWatch::is_still(const struct stat& status) const {
  return is_same_file(status, m_status) && status.st_size == m_status.st_size &&
         status.st_mtim.tv_sec == m_status.st_mtim.tv_sec &&
         status.st_mtim.tv_nsec == m_status.st_mtim.tv_nsec;
}

// The time alone does not tell: older kernels count it in ticks of some milliseconds.
bool ContentWatch::is_written() {
  m_events |= m_watch.drain();
  return (m_events & (IN_MODIFY | IN_Q_OVERFLOW)) != 0 || !is_still(status_of(m_file, m_reference));
}

bool ContentWatch::has_changed() {
  if (is_written()) return true;
  const auto name = object_file(m_reference);
  struct stat status;
  if (name.status(status, name.links_may_be_followed() ? 0 : AT_SYMLINK_NOFOLLOW) == 0)
    return !is_still(status);
  if (errno == ENOENT) return true;
  fail(errno, "cannot inspect {}", m_reference.description());
}

bool ContentWatch::wait(const Deadline& deadline, const Endpoint& output) {
  while (!has_changed()) {
    if (deadline.has_passed()) return false;
    std::array<pollfd, 2> entries{{{m_watch.descriptor(), POLLIN, 0}, {output.fd, 0, 0}}};
    wait_for_events(entries, m_watch.until_next_look(deadline));
    if (entries[1].revents != 0) fail(EPIPE, "cannot write {}", output.name);
  }
  // A program that writes in place often does so in several calls and then closes the object.
  constexpr std::chrono::milliseconds longest{10};
  const auto limit = deadline.within(longest);
  while ((m_events & (IN_MODIFY | IN_CLOSE_WRITE)) == IN_MODIFY &&
         wait_for_event(m_watch.descriptor(), POLLIN, limit) == Waited::ready)
    m_events |= m_watch.drain();
  return true;
}

}  // namespace ipcutils
