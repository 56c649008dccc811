#include "pair.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <ipcutils/error.hpp>

namespace ipcutils::cli {

Pipe::Pipe() {
  std::array<int, 2> ends;
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw Error{errno, "cannot make a pipe"};
  out.reset(ends[0]);
  in.reset(ends[1]);
}

SocketPair::SocketPair(int type) {
  std::array<int, 2> ends;
  if (::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends.data()) != 0)
    throw Error{errno, "cannot make a pair of sockets"};
  first.reset(ends[0]);
  second.reset(ends[1]);
}

}  // namespace ipcutils::cli
