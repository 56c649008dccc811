#include <unistd.h>

#include <ipcutils/file_descriptor.hpp>

#include "failure.hpp"

namespace ipcutils {

void FileDescriptor::reset(int fd) noexcept {
  if (m_fd >= 0) ::close(m_fd);
  m_fd = fd;
}

void FileDescriptor::close() {
  const int fd = release();
  if (fd >= 0 && ::close(fd) != 0 && errno != EINTR) fail(errno, "cannot close descriptor {}", fd);
}

}  // namespace ipcutils
