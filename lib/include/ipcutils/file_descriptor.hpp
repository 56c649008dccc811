// Ownership of a file descriptor.
#pragma once

#include <cstddef>
#include <ipcutils/export.hpp>
#include <span>
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

 private:
  int m_fd = -1;
};

// Of descriptors that were inherited: whether there is one of that number; what it was opened for (access
// mode and flags of open(2)); and whether programs that are executed keep it. The last two throw Error
// (EBADF).
IPCUTILS_EXPORT bool is_open_descriptor(int fd) noexcept;
IPCUTILS_EXPORT int open_flags(int fd);
enum class AtExec { close, keep };
IPCUTILS_EXPORT void set_at_exec(int fd, AtExec what);

// A copy with another number, or with that number (dup2(2)), which programs that are executed keep. Throws
// Error.
IPCUTILS_EXPORT FileDescriptor duplicate(int fd);
IPCUTILS_EXPORT void duplicate_onto(int fd, int number);

// While it lives, those of standard input, output and error that were closed are open, the wrong way round:
// their use fails (EBADF) as it would have, and no file that is opened meanwhile takes their place.
class IPCUTILS_EXPORT StandardDescriptors {
 public:
  StandardDescriptors() noexcept;
  StandardDescriptors(const StandardDescriptors&) = delete;
  StandardDescriptors& operator=(const StandardDescriptors&) = delete;
  ~StandardDescriptors();

 private:
  unsigned m_opened = 0;  // a bit for each
};

// A file without a name, in memory, that holds these bytes and stands at its beginning; memfd_create(2).
IPCUTILS_EXPORT FileDescriptor file_in_memory(std::span<const std::byte> content);

}  // namespace ipcutils
