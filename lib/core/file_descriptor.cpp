#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <ipcutils/file_descriptor.hpp>

#include "failure.hpp"
#include "write_whole.hpp"

namespace ipcutils {

void FileDescriptor::reset(int fd) noexcept {
  if (m_fd >= 0) ::close(m_fd);
  m_fd = fd;
}

bool is_open_descriptor(int fd) noexcept { return ::fcntl(fd, F_GETFD) != -1; }

int open_flags(int fd) {
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags == -1) fail(errno, "cannot use descriptor {}", fd);
  return flags;
}

void set_at_exec(int fd, AtExec what) {
  if (::fcntl(fd, F_SETFD, what == AtExec::close ? FD_CLOEXEC : 0) == -1)
    fail(errno, "cannot use descriptor {}", fd);
}

FileDescriptor duplicate(int fd) {
  FileDescriptor copy{::fcntl(fd, F_DUPFD_CLOEXEC, 0)};
  if (!copy.is_open()) fail(errno, "cannot copy descriptor {}", fd);
  return copy;
}

void duplicate_onto(int fd, int number) {
  if (::dup2(fd, number) == -1) fail(errno, "cannot copy descriptor {}", fd);
  set_at_exec(number, AtExec::keep);
}

StandardDescriptors::StandardDescriptors() noexcept {
  std::array<pollfd, 3> all{{{STDIN_FILENO, 0, 0}, {STDOUT_FILENO, 0, 0}, {STDERR_FILENO, 0, 0}}};
  if (::poll(all.data(), all.size(), 0) == 0) return;  // most often, by one system call
  for (const auto& [fd, wanted, found] : all)
    if ((found & POLLNVAL) != 0 && ::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) == fd)
      m_opened |= 1u << fd;
}

StandardDescriptors::~StandardDescriptors() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd)
    if ((m_opened & 1u << fd) != 0) ::close(fd);
}

FileDescriptor file_in_memory(std::span<const std::byte> content) {
  FileDescriptor file{::memfd_create("message", MFD_CLOEXEC)};
  if (file.is_open() && !write_whole(file.get(), content)) fail(errno, "cannot write a file in memory");
  if (!file.is_open() || ::lseek(file.get(), 0, SEEK_SET) == -1) fail(errno, "cannot make a file in memory");
  return file;
}

}  // namespace ipcutils
