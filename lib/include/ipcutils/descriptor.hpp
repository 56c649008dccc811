// A file descriptor that both ends of a channel may hold.
#pragma once

#include <ipcutils/export.hpp>
#include <ipcutils/file_descriptor.hpp>
#include <memory>

namespace ipcutils {

// Copies share one descriptor. What happens to it when the last copy goes depends on where it came from. Not
// thread-safe.
class IPCUTILS_EXPORT Descriptor {
 public:
  Descriptor() noexcept = default;  // none

  // Nobody else has it, so it may become non-blocking. It is closed.
  static Descriptor owned(FileDescriptor descriptor);

  // It stays the caller's: open, and in the mode that it is in.
  static Descriptor borrowed(int fd);

  // As standard input and output: other processes have it, too. It is closed for its peer, and the number
  // stays taken (by /dev/null), so that no later file gets it.
  static Descriptor inherited(int fd);

  int get() const noexcept { return m_fd ? *m_fd : -1; }
  bool is_open() const noexcept { return m_fd != nullptr; }
  bool is_exclusive() const noexcept { return m_is_exclusive; }
  void reset() noexcept { m_fd.reset(); }

 private:
  Descriptor(std::shared_ptr<const int> fd, bool is_exclusive)
      : m_fd{std::move(fd)}, m_is_exclusive{is_exclusive} {}

  std::shared_ptr<const int> m_fd;
  bool m_is_exclusive = false;
};

}  // namespace ipcutils
