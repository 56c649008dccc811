#include "socket/relay_ends.hpp"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "error_of.hpp"
#include "socket/sockets.hpp"

using namespace ipcutils;
using namespace std::chrono_literals;

namespace {

struct Pair {
  FileDescriptor here;   // the relay's
  FileDescriptor there;  // the partner's
};

Pair make_sockets(int type = SOCK_STREAM) {
  std::array<int, 2> ends;
  REQUIRE(::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends.data()) == 0);
  return {FileDescriptor{ends[0]}, FileDescriptor{ends[1]}};
}

// With the end to read from first.
Pair make_pipe_ends() {
  std::array<int, 2> ends;
  REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  return {FileDescriptor{ends[0]}, FileDescriptor{ends[1]}};
}

FileDescriptor file_with(std::string_view content) {
  FileDescriptor file{::memfd_create("ipcutils-test", MFD_CLOEXEC)};
  REQUIRE(::pwrite(file.get(), content.data(), content.size(), 0) == static_cast<ssize_t>(content.size()));
  return file;
}

void put(const FileDescriptor& to, std::string_view text) {
  REQUIRE(::write(to.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
}

// A terminal: its controlling side and the other one.
std::optional<Pair> make_terminal() {
  FileDescriptor control{::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)};
  if (!control.is_open() || ::grantpt(control.get()) != 0 || ::unlockpt(control.get()) != 0) return {};
  FileDescriptor other{::open(::ptsname(control.get()), O_RDWR | O_NOCTTY | O_CLOEXEC)};
  if (!other.is_open()) return {};
  return Pair{std::move(control), std::move(other)};
}

RelaySide reading(int fd) { return {.in = fd, .name = "the source"}; }
RelaySide writing(int fd) { return {.out = fd, .name = "the destination"}; }

RelaySide packets(RelaySide side) {
  side.units = RelaySide::Units::packets;
  return side;
}

// What a source gives: the text, or the step in brackets.
std::string taken(Source& source, std::size_t most = 1000) {
  std::string text(most, '\0');
  const auto result = source.read(std::as_writable_bytes(std::span{text}));
  constexpr const char* steps[] = {"", "(blocked)", "(ended)", "(broken)"};
  if (result.step != Step::moved) return steps[static_cast<int>(result.step)];
  return text.substr(0, result.size);
}

bool is_same_pipe(int left, int right) {
  struct stat a, b;
  return ::fstat(left, &a) == 0 && ::fstat(right, &b) == 0 && a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

}  // namespace

TEST_CASE("relay ends: descriptors have types") {
  const auto stream = make_sockets();
  const auto datagrams = make_sockets(SOCK_DGRAM);
  const auto pipe = make_pipe_ends();
  const auto internet = open_socket(AF_INET);
  const FileDescriptor null{::open("/dev/null", O_RDWR | O_CLOEXEC)};
  const FileDescriptor device{::open("/dev/zero", O_RDWR | O_CLOEXEC)};
  const FileDescriptor directory{::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  CHECK(descriptor_type(stream.here.get()) == DescriptorType::unix_socket);
  CHECK(descriptor_type(datagrams.here.get()) == DescriptorType::unix_socket);
  CHECK(descriptor_type(internet.get()) == DescriptorType::other_socket);
  CHECK(descriptor_type(pipe.here.get()) == DescriptorType::pipe);
  CHECK(descriptor_type(file_with("").get()) == DescriptorType::file);
  CHECK(descriptor_type(null.get()) == DescriptorType::null_device);
  CHECK(descriptor_type(device.get()) == DescriptorType::other);
  CHECK(descriptor_type(directory.get()) == DescriptorType::other);
  CHECK(descriptor_type(-1) == DescriptorType::other);
  CHECK(is_socket(DescriptorType::unix_socket));
  CHECK(is_socket(DescriptorType::other_socket));
  CHECK_FALSE(is_socket(DescriptorType::pipe));
}

TEST_CASE("relay ends: what a failed call means") {
  CHECK(failed_step(EAGAIN, "read", "x").step == Step::blocked);
  for (const int errnum : {EPIPE, ECONNRESET, ENOTCONN}) {
    errno = 0;
    CHECK(failed_step(errnum, "read", "x").step == Step::broken);
    CHECK(errno == errnum);
  }
  const auto error = error_of([] { failed_step(EIO, "read", "file '/x'"); });
  CHECK(error.code().value() == EIO);
  CHECK(error.attempt() == "cannot read file '/x'");
}

TEST_CASE("relay ends: a source gives what is there and does not wait for more") {
  const bool is_pipe = GENERATE(true, false);
  auto pair = is_pipe ? make_pipe_ends() : make_sockets();
  if (is_pipe) ::fcntl(pair.here.get(), F_SETFL, O_NONBLOCK);
  const auto side = reading(pair.here.get());
  Source source{side};
  CHECK(taken(source) == "(blocked)");
  CHECK(source.look(100).step == Step::blocked);
  put(pair.there, "0123456789");
  CHECK(source.look(100).size == 10);
  CHECK(source.look(4).size == 4);
  CHECK(taken(source, 4) == "0123");
  CHECK(source.look(100).size == 6);
  pair.there.reset();
  CHECK(source.look(100).step == Step::moved);
  CHECK(taken(source) == "456789");
  CHECK(source.look(100).step == Step::ended);
  CHECK(taken(source) == "(ended)");
  CHECK(taken(source) == "(ended)");
}

TEST_CASE("relay ends: a file ends where it does now") {
  const auto file = file_with("0123");
  const auto side = reading(file.get());
  Source source{side};
  CHECK(source.look(100).size == 4);
  CHECK(taken(source) == "0123");
  CHECK(source.look(100).step == Step::ended);
  CHECK(taken(source) == "(ended)");
  REQUIRE(::pwrite(file.get(), "45", 2, 4) == 2);
  CHECK(source.look(100).size == 2);
  CHECK(taken(source) == "45");
  REQUIRE(::ftruncate(file.get(), 1) == 0);
  CHECK(source.look(100).step == Step::ended);
}

TEST_CASE("relay ends: a source that was reset") {
  auto pair = make_sockets();
  put(pair.here, "never read");
  pair.there.reset();
  const auto side = reading(pair.here.get());
  Source source{side};
  SECTION("when it is read") { CHECK(taken(source) == "(broken)"); }
  SECTION("when it is looked at") { CHECK(source.look(100).step == Step::broken); }
  CHECK(errno == ECONNRESET);
}

TEST_CASE("relay ends: a terminal ends when nobody has it open any more") {
  auto terminal = make_terminal();
  if (!terminal) {
    WARN("no terminal is to be had");
    return;
  }
  const auto side = reading(terminal->here.get());
  Source source{side};
  put(terminal->there, "typed");
  CHECK(taken(source) == "typed");
  terminal->there.reset();
  CHECK(taken(source) == "(ended)");
}

TEST_CASE("relay ends: a source can be what was read before alone") {
  RelaySide side{.name = "a text"};
  side.before = {"one", "", "three"};
  Source source{side};
  CHECK(source.is_always_ready());
  CHECK(source.has_some_before());
  CHECK(source.needs_reading());
  CHECK(taken(source, 2) == "on");
  CHECK(taken(source) == "e");
  CHECK(taken(source).empty());
  CHECK(taken(source) == "three");
  CHECK_FALSE(source.has_some_before());
  CHECK(source.is_always_ready());
  CHECK(taken(source) == "(ended)");
}

TEST_CASE("relay ends: what was read before is ready, and what comes after is waited for") {
  const auto pair = make_sockets();
  auto side = reading(pair.here.get());
  side.before = {"one"};
  Source source{side};
  put(pair.there, "two");
  CHECK(source.is_always_ready());
  CHECK(taken(source) == "one");
  CHECK_FALSE(source.is_always_ready());
  CHECK(taken(source) == "two");
}

TEST_CASE("relay ends: bytes have to be read only where something is looked for in them") {
  const auto pair = make_sockets();
  auto side = reading(pair.here.get());
  CHECK_FALSE(Source{side}.needs_reading());
  SECTION("packets") { side = packets(side); }
  SECTION("an escape") { side.escape = 'x'; }
  SECTION("something before") { side.before = {"x"}; }
  SECTION("no descriptor") { side.in = -1; }
  CHECK(Source{side}.needs_reading());
}

TEST_CASE("relay ends: an escape ends a source, whatever follows") {
  const auto pair = make_sockets();
  auto side = reading(pair.here.get());
  side.escape = '\0';
  Source source{side};
  put(pair.there, "text");
  CHECK(taken(source) == "text");
  put(pair.there, std::string_view{"more\0rest", 9});
  CHECK(taken(source) == "more");
  CHECK(source.is_always_ready());  // its end is there, and nothing else will tell
  CHECK(taken(source) == "(ended)");
  put(pair.there, "after");
  CHECK(taken(source) == "(ended)");
}

TEST_CASE("relay ends: a source of packets keeps their borders") {
  auto pair = make_sockets(SOCK_SEQPACKET);
  mark_packets(pair.here.get());
  auto side = packets(reading(pair.here.get()));
  side.empty_packet_ends = GENERATE(true, false);
  Source source{side};
  CHECK(taken(source) == "(blocked)");
  for (const auto* text : {"one", "", "three"}) send_to(pair.there.get(), bytes(text), {}, Deadline::never());
  CHECK(taken(source) == "one");
  CHECK(taken(source) == (side.empty_packet_ends ? "(ended)" : ""));
  CHECK(taken(source) == "three");
  pair.there.reset();
  CHECK(taken(source) == "(ended)");
}

TEST_CASE("relay ends: packets that are not heard do not keep others from their turn") {
  const auto receiver = open_socket(AF_INET, {.type = SOCK_DGRAM, .bind = SocketAddress::loopback(AF_INET)});
  const auto sender = open_socket(AF_INET, {.type = SOCK_DGRAM});
  const auto at = local_address(receiver.get());
  auto side = packets(reading(receiver.get()));
  int asked = 0;
  bool is_heard = false;
  side.hears = [&](const SocketAddress& peer) {
    CHECK(peer.is_loopback());
    ++asked;
    return is_heard;
  };
  Source source{side};
  for (const auto* text : {"one", "two", ""}) send_to(sender.get(), bytes(text), at, Deadline::never());
  CHECK(taken(source) == "(blocked)");
  CHECK(asked == 3);
  is_heard = true;
  send_to(sender.get(), bytes("three"), at, Deadline::never());
  CHECK(taken(source) == "three");
}

TEST_CASE("relay ends: a pipe in blocking mode is written through a descriptor of our own") {
  const auto pipe = make_pipe_ends();
  const bool blocks = GENERATE(true, false);
  if (!blocks) ::fcntl(pipe.there.get(), F_SETFL, O_NONBLOCK);
  const auto side = writing(pipe.there.get());
  Destination destination{side};
  if (blocks) CHECK(destination.fd() != pipe.there.get());
  CHECK(is_same_pipe(destination.fd(), pipe.there.get()));
  CHECK((::fcntl(destination.fd(), F_GETFL) & O_NONBLOCK) != 0);
  CHECK((::fcntl(destination.fd(), F_GETFD) & FD_CLOEXEC) != 0);
  CHECK(is_nonblocking(pipe.there) == !blocks);
  const std::string much(3'000'000, 'x');
  std::size_t written = 0;
  while (const auto size = destination.write(bytes(much)).size) written += size;
  CHECK(written < much.size());
  CHECK(destination.write(bytes(much)).step == Step::blocked);
  destination.end();
  CHECK(destination.fd() == pipe.there.get());
}

TEST_CASE("relay ends: a pipe takes at once all that fits, in whatever mode it was") {
  const auto pipe = make_pipe_ends();
  if (GENERATE(true, false)) ::fcntl(pipe.there.get(), F_SETFL, O_NONBLOCK);
  const auto side = writing(pipe.there.get());
  Destination destination{side};
  CHECK(destination.write(bytes(std::string(30'000, 'x'))).size == 30'000);
}

TEST_CASE("relay ends: nobody reads a pipe any more") {
  auto pipe = make_pipe_ends();
  const auto old = ::signal(SIGPIPE, SIG_IGN);
  SECTION("from the beginning") { pipe.here.reset(); }
  const auto side = writing(pipe.there.get());
  Destination destination{side};
  pipe.here.reset();
  CHECK(destination.write(bytes("x")).step == Step::broken);
  CHECK(errno == EPIPE);
  ::signal(SIGPIPE, old);
}

TEST_CASE("relay ends: a socket is written without waiting and without a signal") {
  auto pair = make_sockets();
  auto side = writing(pair.here.get());
  side.exclusive = GENERATE(true, false);
  Destination destination{side};
  CHECK(is_nonblocking(pair.here) == side.exclusive);
  const std::string much(20'000'000, 'x');
  const auto result = destination.write(bytes(much));
  CHECK(result.step == Step::moved);
  CHECK(result.size < much.size());
  CHECK(destination.write(bytes(much)).step == Step::blocked);
  pair.there.reset();
  CHECK(destination.write(bytes(much)).step == Step::broken);
  CHECK((errno == EPIPE || errno == ECONNRESET));
}

TEST_CASE("relay ends: a terminal takes so much at once that it does not block") {
  const auto terminal = make_terminal();
  if (!terminal) {
    WARN("no terminal is to be had");
    return;
  }
  const auto side = writing(terminal->there.get());
  Destination destination{side};
  const std::string much(100'000, 'x');
  const auto result = destination.write(bytes(much));
  CHECK(result.step == Step::moved);
  CHECK(result.size <= 4096);
}

TEST_CASE("relay ends: packets are written as a whole or not at all") {
  const auto pair = make_sockets(SOCK_DGRAM);
  const auto side = packets(writing(pair.here.get()));
  Destination destination{side};
  for (const auto* text : {"one", "", "three"}) {
    const auto result = destination.write(bytes(text));
    CHECK(result.step == Step::moved);
    CHECK(result.size == std::string_view{text}.size());
  }
  for (const auto* text : {"one", "", "three"}) CHECK(receive_text(pair.there.get()) == text);
  while (destination.write(bytes(std::string(10'000, 'x'))).step == Step::moved) continue;
  CHECK(destination.write(bytes(std::string(10'000, 'x'))).step == Step::blocked);
}

TEST_CASE("relay ends: an address to which poll(2) tells nothing") {
  const auto socket = make_sockets(SOCK_DGRAM);
  auto side = packets(writing(socket.here.get()));
  CHECK_FALSE(Destination{side}.is_polled_in_vain());
  side.to = SocketAddress::loopback(AF_INET, 1);
  CHECK_FALSE(Destination{side}.is_polled_in_vain());
  side.to = scratch_abstract();
  CHECK(Destination{side}.is_polled_in_vain());
}

TEST_CASE("relay ends: a packet that nobody gets is an error with the name") {
  const auto sender = open_socket(AF_UNIX, {.type = SOCK_DGRAM});
  auto side = packets(writing(sender.get()));
  side.to = scratch_abstract();
  Destination destination{side};
  const auto error = error_of([&] { destination.write(bytes("x")); });
  CHECK(error.code() == std::errc::connection_refused);
  CHECK(error.attempt() == "cannot write the destination");
}

TEST_CASE("relay ends: what takes splices does not block then") {
  const auto stream = make_sockets();
  const auto pipe = make_pipe_ends();
  auto to_socket = writing(stream.here.get());
  CHECK_FALSE(Destination{to_socket}.takes_splices());
  to_socket.exclusive = true;
  CHECK(Destination{to_socket}.takes_splices());
  const auto to_pipe = writing(pipe.there.get());
  CHECK(Destination{to_pipe}.takes_splices());
  const auto file = file_with("");
  const auto to_file = writing(file.get());
  CHECK(Destination{to_file}.takes_splices());
  ::fcntl(file.get(), F_SETFL, O_APPEND);
  CHECK_FALSE(Destination{to_file}.takes_splices());
}

TEST_CASE("relay ends: each manner of an end") {
  auto pair = make_sockets(SOCK_SEQPACKET);
  mark_packets(pair.there.get());
  auto side = packets(writing(pair.here.get()));
  int calls = 0;
  side.on_end = [&] { ++calls; };
  SECTION("shut down") {
    Destination{side}.end();
    CHECK(receive_text(pair.there.get()) == "(end)");
  }
  SECTION("a packet") {
    side.end = RelaySide::End::packet;
    Destination{side}.end();
    CHECK(receive_text(pair.there.get()).empty());
    CHECK(receive_text(pair.there.get(), Deadline::immediate()) == "(nothing)");
  }
  SECTION("nothing") {
    side.end = GENERATE(RelaySide::End::nothing, RelaySide::End::close);
    Destination{side}.end();
    CHECK(receive_text(pair.there.get(), Deadline::immediate()) == "(nothing)");
  }
  SECTION("who has gone needs none") {
    side.end = GENERATE(RelaySide::End::shut_down, RelaySide::End::packet, RelaySide::End::nothing);
    pair.there.reset();
    CHECK_NOTHROW(Destination{side}.end());
  }
  CHECK(calls == 1);
}
