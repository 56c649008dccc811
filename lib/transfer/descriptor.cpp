#include <fcntl.h>
#include <unistd.h>

#include <ipcutils/descriptor.hpp>

namespace ipcutils {

namespace {

void close_it(const int* fd) noexcept {
  ::close(*fd);
  delete fd;
}

void close_for_peer(const int* fd) noexcept {
  const FileDescriptor nothing{::open("/dev/null", O_RDWR | O_CLOEXEC)};
  if (!nothing.is_open())
    ::close(*fd);
  else if (*fd <= STDERR_FILENO)
    ::dup2(nothing.get(), *fd);
  else
    ::dup3(nothing.get(), *fd, O_CLOEXEC);
  delete fd;
}

}  // namespace

Descriptor Descriptor::owned(FileDescriptor descriptor) {
  if (!descriptor.is_open()) return {};
  const auto number = std::make_unique<int>(descriptor.get()).release();
  descriptor.release();
  return {std::shared_ptr<const int>{number, close_it}, true};  // closes it also when it throws
}

Descriptor Descriptor::borrowed(int fd) { return {std::make_shared<const int>(fd), false}; }

Descriptor Descriptor::inherited(int fd) {
  return {std::shared_ptr<const int>{new int{fd}, close_for_peer}, false};
}

}  // namespace ipcutils
