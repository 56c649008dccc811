#include <ipcutils/source.hpp>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ipcutils/terminal.hpp>
#include <string>
#include <string_view>

#include "catch.hpp"
#include "error_of.hpp"
#include "transfer/ends.hpp"

using namespace ipcutils;

namespace {

void put(const FileDescriptor& to, std::string_view text) { REQUIRE(write_all(to.get(), text)); }

}  // namespace

TEST_CASE("source: descriptors are of a medium") {
  const auto stream = make_socket_pair(SOCK_STREAM);
  const auto datagrams = make_socket_pair(SOCK_DGRAM);
  const auto packets = make_socket_pair(SOCK_SEQPACKET);
  const auto pipe = make_pipe();
  const auto internet = open_socket(AF_INET);
  const auto udp = open_socket(AF_INET, {.type = SOCK_DGRAM});
  const auto file = make_file();
  const auto pseudoterminal = make_pseudoterminal();
  const FileDescriptor null{::open("/dev/null", O_RDWR | O_CLOEXEC)};
  const FileDescriptor device{::open("/dev/zero", O_RDWR | O_CLOEXEC)};
  const FileDescriptor directory{::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  CHECK(medium_of(stream.first.get()) == Medium::unix_stream);
  CHECK(medium_of(datagrams.first.get()) == Medium::packets);
  CHECK(medium_of(packets.first.get()) == Medium::packets);
  CHECK(medium_of(internet.get()) == Medium::internet_stream);
  CHECK(medium_of(udp.get()) == Medium::packets);
  CHECK(medium_of(pipe.read_end.get()) == Medium::pipe);
  CHECK(medium_of(pipe.write_end.get()) == Medium::pipe);
  CHECK(medium_of(file.get()) == Medium::file);
  CHECK(medium_of(null.get()) == Medium::null_device);
  CHECK(medium_of(pseudoterminal.terminal.get()) == Medium::terminal);
  CHECK(medium_of(device.get()) == Medium::other);
  CHECK(medium_of(directory.get()) == Medium::other);
  CHECK(medium_of(-1) == Medium::other);
  CHECK(is_stream_socket(Medium::unix_stream));
  CHECK(is_stream_socket(Medium::internet_stream));
  CHECK_FALSE(is_stream_socket(Medium::packets));
  CHECK_FALSE(is_stream_socket(Medium::pipe));
}

TEST_CASE("source: what a failed call means") {
  CHECK(failed_step(EAGAIN, "read", "x").step == Step::blocked);
  for (const int errnum : {EPIPE, ECONNRESET, ENOTCONN}) {
    const auto result = failed_step(errnum, "read", "x");
    CHECK(result.step == Step::gone);
    CHECK(result.errnum == errnum);
  }
  const auto error = error_of([] { failed_step(EIO, "read", "file '/x'"); });
  CHECK(error.code().value() == EIO);
  CHECK(error.attempt() == "cannot read file '/x'");
}

TEST_CASE("source: it gives what is there and does not wait for more") {
  auto channel = GENERATE(true, false) ? make_pipe() : make_socketpair();
  const auto holders = GENERATE(Holders::we_alone, Holders::others);
  const auto source = source_of(channel.read_end, holders);
  CHECK(taken(*source) == "(blocked)");
  CHECK(source->look(100).step == Step::blocked);
  put(channel.write_end, "0123456789");
  CHECK(source->look(100).size == 10);
  CHECK(source->look(4).size == 4);
  CHECK(taken(*source, 4) == "0123");
  CHECK(source->look(100).size == 6);
  channel.write_end.reset();
  CHECK(source->look(100).step == Step::moved);
  CHECK(taken(*source) == "456789");
  CHECK(source->look(100).step == Step::ended);
  CHECK(taken(*source) == "(ended)");
  CHECK(taken(*source) == "(ended)");
  CHECK_FALSE(is_nonblocking(channel.read_end));
}

TEST_CASE("source: a FIFO in blocking mode, for which RWF_NOWAIT is refused, is not waited for") {
  const TemporaryDirectory directory;
  const auto path = directory.path("fifo");
  require_call(::mkfifo(path.c_str(), 0600), "mkfifo");
  const FileDescriptor both{::open(path.c_str(), O_RDWR | O_CLOEXEC)};
  const auto source = source_of(both);
  CHECK(taken(*source) == "(blocked)");
  put(both, "x");
  CHECK(taken(*source) == "x");
  CHECK(taken(*source) == "(blocked)");
  CHECK_FALSE(is_nonblocking(both));
}

TEST_CASE("source: a file ends where it does now") {
  const auto file = make_file("0123");
  const auto source = source_of(file);
  CHECK(source->look(100).size == 4);
  CHECK(taken(*source) == "0123");
  CHECK(source->look(100).step == Step::ended);
  CHECK(taken(*source) == "(ended)");
  REQUIRE(::pwrite(file.get(), "45", 2, 4) == 2);
  CHECK(source->look(100).size == 2);
  CHECK(taken(*source) == "45");
  REQUIRE(::ftruncate(file.get(), 1) == 0);
  CHECK(source->look(100).step == Step::ended);
}

TEST_CASE("source: one that was reset") {
  TestPair pair;
  put(pair.here, "never read");
  pair.there.reset();
  const auto source = source_of(pair.here);
  StepResult result{};
  SECTION("when it is read") {
    std::byte byte;
    result = source->read({&byte, 1});
  }
  SECTION("when it is looked at") { result = source->look(100); }
  CHECK(result.step == Step::gone);
  CHECK(result.errnum == ECONNRESET);
}

TEST_CASE("source: a terminal ends when nobody has it open any more") {
  auto terminal = make_pseudoterminal();
  const auto source = source_of(terminal.control);
  CHECK(source->medium() == Medium::terminal);
  put(terminal.terminal, "typed");
  CHECK(taken(*source) == "typed");
  terminal.terminal.reset();
  CHECK(taken(*source) == "(ended)");
}

TEST_CASE("source: a text, and then the end") {
  const auto source = text_source("one", "a text");
  for (const auto* piece : {"", "three"}) source->prefetch(piece);
  CHECK(source->is_always_ready());
  CHECK(source->has_prefetched());
  CHECK(source->needs_reading());
  CHECK(taken(*source, 2) == "on");
  CHECK(taken(*source) == "e");
  CHECK(taken(*source).empty());
  CHECK(taken(*source) == "three");
  CHECK_FALSE(source->has_prefetched());
  CHECK(source->is_always_ready());
  CHECK(taken(*source) == "(ended)");
}

TEST_CASE("source: what was read before is ready, and what comes after is waited for") {
  const TestPair pair;
  const auto source = source_of(pair.here);
  source->prefetch("one");
  put(pair.there, "two");
  CHECK(source->is_always_ready());
  CHECK(taken(*source) == "one");
  CHECK_FALSE(source->is_always_ready());
  CHECK(taken(*source) == "two");
}

TEST_CASE("source: bytes have to be read only where something is looked for in them") {
  const TestPair pair;
  const TestPair packets{SOCK_DGRAM};
  CHECK_FALSE(source_of(pair.here)->needs_reading());
  auto source = source_of(pair.here);
  SECTION("packets") { source = source_of(packets.here); }
  SECTION("an escape") { source->set_rules({.escape = 'x'}); }
  SECTION("something before") { source->prefetch("x"); }
  SECTION("no descriptor") { source = text_source("x", "a text"); }
  CHECK(source->needs_reading());
}

TEST_CASE("source: an escape ends it, whatever follows") {
  const TestPair pair;
  const auto source = source_of(pair.here);
  source->set_rules({.escape = '\0'});
  put(pair.there, "text");
  CHECK(taken(*source) == "text");
  put(pair.there, std::string_view{"more\0rest", 9});
  CHECK(taken(*source) == "more");
  CHECK(source->is_always_ready());  // its end is there, and nothing else will tell
  CHECK(taken(*source) == "(ended)");
  put(pair.there, "after");
  CHECK(taken(*source) == "(ended)");
}

TEST_CASE("source: memory gives its bytes once, read or lent") {
  const std::string text = "0123456789";
  const auto source = memory_source(std::as_bytes(std::span{text}));
  CHECK(source->look(4).size == 4);
  CHECK(taken(*source, 4) == "0123");
  const auto lent = source->lend(3);
  CHECK(static_cast<const void*>(lent.data()) == text.data() + 4);
  CHECK(lent.size() == 3);
  CHECK(taken(*source) == "789");
  CHECK(source->lend(3).empty());
  CHECK(source->look(1).step == Step::ended);
  CHECK(taken(*source) == "(ended)");
}

TEST_CASE("source: what can be tried without asking poll(2) does not block") {
  const auto channel = make_pipe();
  const TestPair pair;
  const auto terminal = make_pseudoterminal();
  CHECK(source_of(channel.read_end)->can_be_tried());
  CHECK(source_of(pair.here)->can_be_tried());
  CHECK(source_of(make_file())->can_be_tried());
  CHECK_FALSE(source_of(terminal.control)->can_be_tried());
}

TEST_CASE("descriptor: what happens to it when its last copy goes") {
  const auto is_closed = [](int fd) { return !is_open_descriptor(fd); };
  SECTION("one that is owned is closed") {
    auto channel = make_pipe();
    const int fd = channel.read_end.get();
    auto first = Descriptor::owned(std::move(channel.read_end));
    CHECK(first.is_exclusive());
    {
      const auto second = first;
      CHECK(second.get() == fd);
    }
    CHECK_FALSE(is_closed(fd));
    first.reset();
    CHECK_FALSE(first.is_open());
    CHECK(first.get() == -1);
    CHECK(is_closed(fd));
  }
  SECTION("one that is borrowed stays open") {
    const auto channel = make_pipe();
    auto borrowed = Descriptor::borrowed(channel.read_end.get());
    CHECK_FALSE(borrowed.is_exclusive());
    borrowed.reset();
    CHECK_FALSE(is_closed(channel.read_end.get()));
  }
  SECTION("one that was inherited is closed for its peer, and its number stays taken") {
    auto channel = make_pipe();
    auto inherited = Descriptor::inherited(channel.write_end.get());
    CHECK_FALSE(inherited.is_exclusive());
    inherited.reset();
    CHECK(read_all(channel.read_end.get()).empty());
    CHECK(medium_of(channel.write_end.get()) == Medium::null_device);
    CHECK(is_cloexec(channel.write_end));
  }
  SECTION("none") {
    CHECK_FALSE(Descriptor{}.is_open());
    CHECK_FALSE(Descriptor::owned({}).is_open());
  }
}
