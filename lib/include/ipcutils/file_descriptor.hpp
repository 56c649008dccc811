// Ownership of a file descriptor.
#pragma once

#include <ipcutils/export.hpp>
#include <utility>

namespace ipcutils {

// Owns one open file descriptor, or none (-1). Move-only; the destructor closes. Not thread-safe.
class IPCUTILS_EXPORT FileDescriptor {
 public:
  FileDescriptor() noexcept = default;
  explicit FileDescriptor(int fd) noexcept : m_fd{fd} {}  // takes ownership
  FileDescriptor(FileDescriptor&& other) noexcept : m_fd{other.release()} {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    reset(other.release());
    return *this;
  }
  ~FileDescriptor() { reset(); }

  int get() const noexcept { return m_fd; }
  bool is_open() const noexcept { return m_fd >= 0; }

  // Gives the descriptor to the caller, who has to close it.
  int release() noexcept { return std::exchange(m_fd, -1); }

  // Closes the descriptor, ignoring errors, and takes ownership of fd.
  void reset(int fd = -1) noexcept;

  // Closes the descriptor and throws Error when close(2) reports a failed write. It is never repeated: after
  // EINTR Linux has closed the descriptor, and a second close could hit somebody else's.
  void close();

 private:
  int m_fd = -1;
};

}  // namespace ipcutils
