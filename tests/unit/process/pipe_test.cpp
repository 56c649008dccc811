#include <ipcutils/pipe.hpp>

#include <fcntl.h>
#include <sys/socket.h>

#include "catch.hpp"
#include "channel.hpp"
#include "socket/sockets.hpp"

using namespace ipcutils;

TEST_CASE("pipe: its ends are not inherited, and block unless asked otherwise") {
  const auto blocking = make_pipe();
  const auto nonblocking = make_pipe(PipeMode::nonblocking);
  for (const auto* pipe : {&blocking, &nonblocking})
    for (const auto* end : {&pipe->read_end, &pipe->write_end}) {
      CHECK(is_cloexec(*end));
      CHECK(is_nonblocking(*end) == (pipe == &nonblocking));
    }
  REQUIRE(write_all(blocking.write_end.get(), "x"));
  char byte;
  CHECK(::read(blocking.read_end.get(), &byte, 1) == 1);
}

TEST_CASE("pipe: two sockets that are connected") {
  const int type = GENERATE(SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET);
  const auto pair = make_socket_pair(type);
  CHECK(socket_type(pair.first.get()) == type);
  CHECK(socket_family(pair.second.get()) == AF_UNIX);
  CHECK(is_cloexec(pair.first));
  CHECK(is_cloexec(pair.second));
  REQUIRE(write_all(pair.first.get(), "x"));
  char byte;
  CHECK(::recv(pair.second.get(), &byte, 1, MSG_DONTWAIT) == 1);
}

TEST_CASE("pipe: it is widened, unless somebody has set its capacity") {
  const auto usual = make_pipe();
  const auto set = make_pipe();
  const int before = ::fcntl(usual.write_end.get(), F_GETPIPE_SZ);
  const int small = ::fcntl(set.write_end.get(), F_SETPIPE_SZ, 8192);
  widen_pipe(usual.write_end.get());
  widen_pipe(set.write_end.get());
  CHECK(::fcntl(usual.write_end.get(), F_GETPIPE_SZ) >= before);
  CHECK(::fcntl(set.write_end.get(), F_GETPIPE_SZ) == small);
  CHECK_NOTHROW(widen_pipe(-1));
}
