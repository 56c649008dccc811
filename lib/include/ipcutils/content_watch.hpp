// Waiting for the content of shared memory to change.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <ipcutils/deadline.hpp>
#include <ipcutils/export.hpp>
#include <ipcutils/file_watch.hpp>
#include <ipcutils/shared_memory.hpp>

namespace ipcutils {

// Watches a POSIX object or mapped file from its construction on: whether somebody writes it, sets the time
// of its last modification, puts another object in its place or removes it. The kernel does not tell who
// writes through a mapping. Stands on inotify(7), and where that tells nothing, looks every 250 ms.
// Move-only.
class IPCUTILS_EXPORT ContentWatch {
 public:
  // Of an object that is open to be read and outlives the watch. Throws Error (ENOTSUP) for a System V
  // segment, whose changes the kernel does not tell.
  explicit ContentWatch(const SharedMemory& object);

  // Whether the open object itself has been written. What was read of it meanwhile may be half old, half new.
  bool is_written();

  // The same, or its name means another object or none by now.
  bool has_changed();

  // Blocks until it has changed, and then for 10 ms at most until a program that writes it has closed it;
  // false when `deadline` passes before it has changed. With `output`, Error (EPIPE) as soon as nobody reads
  // from that pipe or socket any more.
  bool wait(const Deadline& deadline, const Endpoint& output = {-1, {}});

 private:
  bool is_still(const struct stat& status) const;

  Reference m_reference;
  int m_file;
  FileWatch m_watch;
  struct stat m_status {};
  std::uint32_t m_events = 0;  // all that have come
};

}  // namespace ipcutils
