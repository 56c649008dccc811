#include <ipcutils/sink.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <climits>
#include <ipcutils/terminal.hpp>
#include <string>
#include <string_view>

#include "catch.hpp"
#include "error_of.hpp"
#include "transfer/ends.hpp"

using namespace ipcutils;

namespace {

const std::string much(20'000'000, 'x');

// Writes as long as there is room.
std::size_t filled(Sink& sink) {
  std::size_t written = 0;
  while (const auto size = sink.write(bytes(much)).size) written += size;
  return written;
}

}  // namespace

TEST_CASE("sink: a pipe takes what there is room for, and does not wait") {
  const auto holders = GENERATE(Holders::we_alone, Holders::others);
  const auto channel = make_pipe();
  const auto sink = sink_of(channel.write_end, holders);
  CHECK(sink->can_be_tried());
  const auto written = filled(*sink);
  CHECK(written > 0);
  CHECK(written == unread_in(channel.read_end));
  CHECK(sink->write(bytes(much)).step == Step::blocked);
}

TEST_CASE("sink: a pipe in blocking mode is not waited for where RWF_NOWAIT is refused") {
  auto channel = make_pipe();
  SECTION("of a FIFO") {
    const TemporaryDirectory directory;
    const auto path = directory.path("fifo");
    require_call(::mkfifo(path.c_str(), 0600), "mkfifo");
    channel.read_end.reset(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    channel.write_end.reset(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  }
  SECTION("after a splice(2)") {
    const auto other = make_pipe();
    REQUIRE(write_all(other.write_end.get(), "x"));
    REQUIRE(::splice(other.read_end.get(), nullptr, channel.write_end.get(), nullptr, 1, SPLICE_F_NONBLOCK) ==
            1);
  }
  const auto sink = sink_of(channel.write_end, Holders::others);
  const auto written = filled(*sink);
  CHECK(written > 0);
  CHECK(sink->write(bytes("x")).step == Step::blocked);
  CHECK_FALSE(is_nonblocking(channel.write_end));
}

TEST_CASE("sink: a pipe that others have stays in its mode") {
  const auto channel = make_pipe();
  const bool was_nonblocking = GENERATE(true, false);
  if (was_nonblocking) set_nonblocking(channel.write_end);
  {
    const auto sink = sink_of(channel.write_end, Holders::others);
    CHECK(sink->fd() == channel.write_end.get());
    CHECK(filled(*sink) > 0);
    CHECK(is_nonblocking(channel.write_end) == was_nonblocking);
  }
  CHECK(is_nonblocking(channel.write_end) == was_nonblocking);
}

TEST_CASE("sink: a pipe takes at once all that fits, in whatever mode it was") {
  const auto holders = GENERATE(Holders::we_alone, Holders::others);
  const auto channel = make_pipe();
  if (GENERATE(true, false)) set_nonblocking(channel.write_end);
  CHECK(sink_of(channel.write_end, holders)->write(bytes(std::string(30'000, 'x'))).size == 30'000);
}

TEST_CASE("sink: nobody reads a pipe any more") {
  const IgnoredSigpipe ignored;
  const auto holders = GENERATE(Holders::we_alone, Holders::others);
  auto channel = make_pipe();
  const bool is_late = GENERATE(true, false);
  if (!is_late) channel.read_end.reset();
  const auto sink = sink_of(channel.write_end, holders);
  channel.read_end.reset();
  const auto result = sink->write(bytes("x"));
  CHECK(result.step == Step::gone);
  CHECK(result.errnum == EPIPE);
}

TEST_CASE("sink: a socket is written without waiting and without a signal") {
  const auto holders = GENERATE(Holders::we_alone, Holders::others);
  TestPair pair;
  const auto sink = sink_of(pair.here, holders);
  CHECK(is_nonblocking(pair.here) == (holders == Holders::we_alone));
  const auto result = sink->write(bytes(much));
  CHECK(result.step == Step::moved);
  CHECK(result.size < much.size());
  CHECK(sink->write(bytes(much)).step == Step::blocked);
  pair.there.reset();
  const auto failed = sink->write(bytes(much));
  CHECK(failed.step == Step::gone);
  CHECK((failed.errnum == EPIPE || failed.errnum == ECONNRESET));
}

TEST_CASE(
    "sink: the send buffer of a UNIX socket becomes large where nobody else has it and nobody has set it") {
  const auto buffer_of = [](const FileDescriptor& socket) {
    int size = 0;
    socklen_t length = sizeof size;
    ::getsockopt(socket.get(), SOL_SOCKET, SO_SNDBUF, &size, &length);
    return size;
  };
  const TestPair usual;
  const TestPair set;
  constexpr int wanted = 20'000;
  ::setsockopt(set.here.get(), SOL_SOCKET, SO_SNDBUF, &wanted, sizeof wanted);
  const int before = buffer_of(usual.here);
  const int set_before = buffer_of(set.here);
  { const auto sink = sink_of(usual.here, Holders::others); }
  CHECK(buffer_of(usual.here) == before);
  { const auto sink = sink_of(set.here, Holders::we_alone); }
  CHECK(buffer_of(set.here) == set_before);
  { const auto sink = sink_of(usual.here, Holders::we_alone); }
  CHECK(buffer_of(usual.here) >= before);
}

TEST_CASE("sink: a terminal takes so much at once that it does not block") {
  const auto terminal = make_pseudoterminal();
  const auto sink = sink_of(terminal.terminal);
  CHECK_FALSE(sink->can_be_tried());
  const auto result = sink->write(bytes(much));
  CHECK(result.step == Step::moved);
  CHECK(result.size <= PIPE_BUF);
}

TEST_CASE("sink: a pseudoterminal whose program has ended has lost its reader") {
  auto terminal = make_pseudoterminal();
  const auto sink = sink_of(terminal.terminal);
  terminal.control.reset();
  const auto result = sink->write(bytes("x"));
  CHECK(result.step == Step::gone);
  CHECK(result.errnum == EPIPE);
}

TEST_CASE("sink: what cannot be written is an error with its name") {
  const FileDescriptor full{::open("/dev/full", O_WRONLY | O_CLOEXEC)};
  const auto error = error_of([&] { sink_of(full)->write(bytes("x")); });
  CHECK(error.code() == std::errc::no_space_on_device);
  CHECK(error.attempt() == "cannot write the sink");
}

TEST_CASE("sink: what takes splices does not block then") {
  const TestPair pair;
  const auto channel = make_pipe();
  const auto file = make_file();
  CHECK_FALSE(sink_of(pair.here, Holders::others)->takes_splices());
  CHECK(sink_of(pair.here, Holders::we_alone)->takes_splices());
  CHECK(sink_of(channel.write_end, Holders::others)->takes_splices());
  CHECK(sink_of(file)->takes_splices());
  ::fcntl(file.get(), F_SETFL, O_APPEND);
  CHECK_FALSE(sink_of(file)->takes_splices());
}

TEST_CASE("sink: memory takes what fits, also by reading into it directly") {
  std::string text(10, '?');
  const auto sink = memory_sink(std::as_writable_bytes(std::span{text}));
  CHECK(sink->write(bytes("0123")).size == 4);
  const auto place = sink->borrow();
  CHECK(static_cast<void*>(place.data()) == text.data() + 4);
  place[0] = std::byte{'4'};
  CHECK(sink->write(place.first(1)).size == 1);
  CHECK(sink->write(bytes("56789more")).size == 5);
  CHECK(text == "0123456789");
}

TEST_CASE("sink: each manner of an end") {
  TestPair pair;
  SECTION("shut down, as of sockets") {
    const auto sink = sink_of(pair.here);
    CHECK(sink->end() == Sink::End::shut_down);
    CHECK(sink->tell_end().step == Step::moved);
    CHECK(read_all(pair.there.get()).empty());
    REQUIRE(write_all(pair.there.get(), "answer"));
    CHECK(taken(*source_of(pair.here)) == "answer");
  }
  SECTION("closed, as of pipes") {
    auto channel = make_pipe();
    const auto sink = sink_of(Descriptor::owned(std::move(channel.write_end)));
    CHECK(sink->end() == Sink::End::close);
    CHECK(sink->tell_end().step == Step::moved);
    CHECK(sink->fd() == -1);
    CHECK(read_all(channel.read_end.get()).empty());
  }
  SECTION("closed, where the source has the same descriptor") {
    const auto socket = Descriptor::owned(std::move(pair.here));
    const auto source = source_of(socket);
    const auto sink = sink_of(socket);
    sink->set_end(Sink::End::close);
    sink->tell_end();
    REQUIRE(write_all(pair.there.get(), "still there"));
    CHECK(taken(*source) == "still there");
  }
  SECTION("nothing") {
    const auto sink = sink_of(pair.here);
    sink->set_end(Sink::End::nothing);
    CHECK(sink->tell_end().step == Step::moved);
    char byte;
    CHECK(::recv(pair.there.get(), &byte, 1, MSG_DONTWAIT) == -1);
  }
  SECTION("a reader that has gone needs none") {
    const auto sink = sink_of(pair.here);
    sink->set_end(GENERATE(Sink::End::shut_down, Sink::End::nothing, Sink::End::close));
    pair.there.reset();
    CHECK_NOTHROW(sink->tell_end());
  }
}

TEST_CASE("sink: a TCP connection can be reset when it is closed") {
  const bool resets = GENERATE(true, false);
  auto pair = TestPair::over_tcp();
  {
    const auto sink = sink_of(Descriptor::owned(std::move(pair.here)));
    if (resets) sink->reset_at_close();
  }
  char byte;
  const auto count = ::recv(pair.there.get(), &byte, 1, 0);
  CHECK(count == (resets ? -1 : 0));
  if (resets) CHECK(errno == ECONNRESET);
}

TEST_CASE("sink: what has happened to its peer is told once") {
  auto pair = TestPair::over_tcp();
  const auto sink = sink_of(pair.here);
  CHECK(sink->take_error() == 0);
  constexpr linger at_once{1, 0};
  ::setsockopt(pair.there.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  pair.there.reset();
  pollfd entry{pair.here.get(), 0, 0};
  REQUIRE(::poll(&entry, 1, 10'000) == 1);
  CHECK(sink->take_error() == ECONNRESET);
  CHECK(sink->take_error() == 0);
  CHECK(sink_of(make_file())->take_error() == 0);
}
