#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <ipcutils/pipe.hpp>

#include "../core/failure.hpp"

namespace ipcutils {

Pipe make_pipe(PipeMode mode) {
  std::array<int, 2> ends;
  const int flags = O_CLOEXEC | (mode == PipeMode::nonblocking ? O_NONBLOCK : 0);
  if (::pipe2(ends.data(), flags) != 0) fail(errno, "cannot make a pipe");
  return {FileDescriptor{ends[0]}, FileDescriptor{ends[1]}};
}

SocketPair make_socket_pair(int type) {
  std::array<int, 2> ends;
  if (::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends.data()) != 0) fail(errno, "cannot make two sockets");
  return {FileDescriptor{ends[0]}, FileDescriptor{ends[1]}};
}

void widen_pipe(int pipe) noexcept {
  constexpr int set_by_nobody = 65536;
  constexpr int wide = 1024 * 1024;  // an ordinary user's default for fs.pipe-max-size
  if (::fcntl(pipe, F_GETPIPE_SZ) == set_by_nobody) ::fcntl(pipe, F_SETPIPE_SZ, wide);
}

void set_blocking(int fd) {
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags == -1 || ((flags & O_NONBLOCK) != 0 && ::fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) == -1))
    fail(errno, "cannot set the mode of descriptor {}", fd);
}

}  // namespace ipcutils
