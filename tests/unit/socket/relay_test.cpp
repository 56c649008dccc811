#include <ipcutils/relay.hpp>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <future>
#include <ipcutils/file_descriptor.hpp>
#include <ipcutils/interruption.hpp>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "error_of.hpp"
#include "processes.hpp"
#include "socket/sockets.hpp"

using namespace ipcutils;
using namespace std::chrono_literals;

namespace {

struct SocketPair {
  explicit SocketPair(int type = SOCK_STREAM) {
    std::array<int, 2> ends;
    require_call(::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends.data()), "socketpair");
    here.reset(ends[0]);
    there.reset(ends[1]);
    const timeval patience{10, 0};  // so that no failure hangs
    ::setsockopt(there.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  FileDescriptor here;   // the relay's
  FileDescriptor there;  // the partner's
};

struct PipePair {
  PipePair() {
    std::array<int, 2> ends;
    require_call(::pipe2(ends.data(), O_CLOEXEC), "pipe2");
    out.reset(ends[0]);
    in.reset(ends[1]);
  }
  FileDescriptor out;
  FileDescriptor in;
};

RelaySide side_of(const SocketPair& pair) {
  return {.in = pair.here.get(), .out = pair.here.get(), .name = "a socket"};
}

std::string text_of(std::size_t size) {
  std::mt19937 random{static_cast<unsigned>(size)};
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

std::future<RelayResult> start_relay(RelaySide first, RelaySide second, RelayOptions options = {}) {
  return std::async(std::launch::async, [=] { return relay(first, second, options); });
}

using Reason = RelayResult::Reason;

// Of what must end by itself: much later it is cut off, which the reason shows.
RelayOptions bounded(RelayOptions options = {}) {
  options.deadline = Deadline::after(10s);
  return options;
}

// From one descriptor, nothing back.
RelaySide source_side(int fd) { return {.in = fd, .name = "the source"}; }
RelaySide destination_side(int fd) { return {.out = fd, .name = "the destination"}; }

RelaySide with_packets(RelaySide side) {
  side.units = RelaySide::Units::packets;
  return side;
}

RelaySide with_before(RelaySide side, std::vector<std::string> before) {
  side.before = std::move(before);
  return side;
}

void send_end(const FileDescriptor& socket) { require_call(::shutdown(socket.get(), SHUT_WR), "shutdown"); }

void send_packets(const FileDescriptor& socket, const std::vector<std::string>& packets) {
  for (const auto& packet : packets) REQUIRE(send_to(socket.get(), bytes(packet), {}, Deadline::after(10s)));
}

// What has come, without waiting for more.
std::vector<std::string> received_packets(const FileDescriptor& socket) {
  std::vector<std::string> packets;
  for (;;) {
    auto packet = receive_text(socket.get(), Deadline::immediate());
    if (packet == "(nothing)" || packet == "(end)") return packets;
    packets.push_back(std::move(packet));
  }
}

std::string read_some(int fd) {
  std::string text(100'000, '\0');
  const auto count = ::recv(fd, text.data(), text.size(), MSG_DONTWAIT);
  text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return text;
}

int unread_bytes(int fd) {
  int count = 0;
  require_call(::ioctl(fd, FIONREAD, &count), "ioctl");
  return count;
}

bool is_full(int fd) {
  pollfd entry{fd, POLLOUT, 0};
  return ::poll(&entry, 1, 0) == 0;
}

// So that who writes to a pipe without reader gets EPIPE.
class IgnoredSigpipe {
 public:
  IgnoredSigpipe() : m_old{::signal(SIGPIPE, SIG_IGN)} {}
  IgnoredSigpipe(const IgnoredSigpipe&) = delete;
  IgnoredSigpipe& operator=(const IgnoredSigpipe&) = delete;
  ~IgnoredSigpipe() { ::signal(SIGPIPE, m_old); }

 private:
  void (*m_old)(int);
};

// The two ends of a connection of TCP.
struct TcpPair {
  TcpPair() {
    auto listener = listen_on(SocketAddress::loopback(AF_INET), 1);
    there = connect_to(listener.local_address(), {}, Deadline::after(10s)).value();
    here = listener.accept(Deadline::after(10s)).value().socket;
  }
  FileDescriptor here;
  FileDescriptor there;
};

// Every way on which bytes can be carried, from something that gives them to something that takes them.
struct Path {
  const char* name;
  EndType from;
  EndType to;
  bool is_exclusive;
};

constexpr Path paths[] = {
    {"socket to socket, copied", EndType::socket, EndType::socket, false},
    {"socket to socket, spliced", EndType::socket, EndType::socket, true},
    {"socket to pipe", EndType::socket, EndType::pipe, true},
    {"pipe to socket, copied", EndType::pipe, EndType::socket, false},
    {"pipe to socket, spliced", EndType::pipe, EndType::socket, true},
    {"pipe to pipe", EndType::pipe, EndType::pipe, false},
    {"file to pipe", EndType::file, EndType::pipe, false},
    {"file to socket, copied", EndType::file, EndType::socket, false},
    {"file to socket, by sendfile", EndType::file, EndType::socket, true},
    {"socket to file", EndType::socket, EndType::file, true},
    {"pipe to file", EndType::pipe, EndType::file, false},
};

// Both ends of one way. `feed` is what the partner writes to.
struct OneWay {
  explicit OneWay(const Path& path) {
    const auto channel = [](EndType type) { return type == EndType::pipe ? make_pipe() : make_socketpair(); };
    if (path.from == EndType::file) {
      from = make_file();
      feed.reset(require_call(::fcntl(from.get(), F_DUPFD_CLOEXEC, 0), "fcntl"));
    } else {
      auto pair = channel(path.from);
      from = std::move(pair.out);
      feed = std::move(pair.in);
    }
    if (path.to == EndType::file) {
      to = make_file();
    } else {
      auto pair = channel(path.to);
      to = std::move(pair.in);
      result = std::move(pair.out);
    }
    source = source_side(from.get());
    destination = destination_side(to.get());
    source.exclusive = destination.exclusive = path.is_exclusive;
    destination.end = path.to == EndType::socket ? RelaySide::End::shut_down : RelaySide::End::close;
    if (path.to == EndType::pipe) destination.on_end = [this] { to.reset(); };
    m_is_file_read = path.from == EndType::file;
    m_is_file_written = path.to == EndType::file;
  }
  OneWay(const OneWay&) = delete;
  OneWay& operator=(const OneWay&) = delete;

  void give(std::string_view text) const {
    REQUIRE(write_all(feed.get(), text));
    if (m_is_file_read) ::lseek(from.get(), 0, SEEK_SET);
  }
  std::string taken() const {
    if (!m_is_file_written) return read_all(result.get());
    ::lseek(to.get(), 0, SEEK_SET);
    return read_all(to.get());
  }

  FileDescriptor from;
  FileDescriptor feed;
  FileDescriptor to;
  FileDescriptor result;
  RelaySide source;
  RelaySide destination;

 private:
  bool m_is_file_read;
  bool m_is_file_written;
};

}  // namespace

TEST_CASE("relay: both ways at once, each with an end of its own") {
  const auto size = GENERATE(as<std::size_t>{}, 0, 1, 65536, 3'000'001);
  SocketPair a;
  SocketPair b;
  auto result = start_relay(side_of(a), side_of(b));
  const auto there = text_of(size);
  const auto back = text_of(size + 7);
  const auto send = [](int fd, std::string text) {
    return std::async(std::launch::async, [fd, text = std::move(text)] {
      write_all(fd, text);
      ::shutdown(fd, SHUT_WR);
    });
  };
  auto sent_there = send(a.there.get(), there);
  auto sent_back = send(b.there.get(), back);
  auto got_back = std::async(std::launch::async, [&] { return read_all(a.there.get()); });
  CHECK(read_all(b.there.get()) == there);
  CHECK(got_back.get() == back);
  const auto ended = result.get();
  CHECK(ended.reason == RelayResult::Reason::ended);
  CHECK(ended.forward.bytes == there.size());
  CHECK(ended.backward.bytes == back.size());
  CHECK(ended.forward.has_ended);
  CHECK(ended.backward.has_ended);
  CHECK_FALSE(ended.forward.has_unsent);
}

TEST_CASE("relay: one way has ended, and the other goes on") {
  SocketPair a;
  SocketPair b;
  auto result = start_relay(side_of(a), side_of(b));
  write_all(a.there.get(), "question");
  ::shutdown(a.there.get(), SHUT_WR);
  CHECK(read_all(b.there.get()) == "question");
  write_all(b.there.get(), "answer");
  b.there.reset();
  CHECK(read_all(a.there.get()) == "answer");
  CHECK(result.get().reason == RelayResult::Reason::ended);
}

TEST_CASE("relay: from pipes and into pipes") {
  const auto size = GENERATE(as<std::size_t>{}, 5, 5'000'000);
  PipePair input;
  PipePair output;
  SocketPair partner;
  RelaySide standard{.in = input.out.get(), .out = output.in.get(), .name = "standard input and output"};
  standard.end = RelaySide::End::close;
  standard.on_end = [&] { output.in.reset(); };
  auto result = start_relay(standard, side_of(partner));
  const auto text = text_of(size);
  auto sent = std::async(std::launch::async, [&] {
    write_all(input.in.get(), text);
    input.in.reset();
  });
  auto echoed = std::async(std::launch::async, [&] {
    write_all(partner.there.get(), read_all(partner.there.get()));
    ::shutdown(partner.there.get(), SHUT_WR);
  });
  CHECK(read_all(output.out.get()) == text);
  const auto ended = result.get();
  CHECK(ended.forward.bytes == size);
  CHECK(ended.backward.bytes == size);
}

TEST_CASE("relay: packets keep their borders, also those without bytes") {
  SocketPair a{SOCK_DGRAM};
  SocketPair b{SOCK_DGRAM};
  auto first = side_of(a);
  auto second = side_of(b);
  first.units = second.units = RelaySide::Units::packets;
  auto result = start_relay(first, second, {.idle = 100ms});
  for (const std::string_view packet : {"one", "", "three"})
    REQUIRE(::send(a.there.get(), packet.data(), packet.size(), 0) >= 0);
  std::array<char, 100> buffer;
  CHECK(::recv(b.there.get(), buffer.data(), buffer.size(), 0) == 3);
  CHECK(::recv(b.there.get(), buffer.data(), buffer.size(), 0) == 0);
  CHECK(::recv(b.there.get(), buffer.data(), buffer.size(), 0) == 5);
  CHECK(result.get().reason == RelayResult::Reason::idle);
}

TEST_CASE("relay: silence after an end, and idleness, end it, and never early") {
  SocketPair a;
  SocketPair b;
  const auto begin = std::chrono::steady_clock::now();
  SECTION("idle") {
    CHECK(relay(side_of(a), side_of(b), {.idle = 50ms}).reason == RelayResult::Reason::idle);
  }
  SECTION("lingering") {
    ::shutdown(a.there.get(), SHUT_WR);
    auto awaited = side_of(b);
    awaited.linger = 50ms;
    CHECK(relay(side_of(a), awaited, {.idle = 10s}).reason == RelayResult::Reason::lingered);
  }
  SECTION("the deadline") {
    CHECK(relay(side_of(a), side_of(b), {.deadline = Deadline::after(50ms)}).reason ==
          RelayResult::Reason::interrupted);
  }
  CHECK(std::chrono::steady_clock::now() - begin >= 50ms);
}

TEST_CASE("relay: a signal ends it") {
  SocketPair a;
  SocketPair b;
  const Interruption interruption{SIGUSR1};
  const auto signalled = when_asleep([] { ::kill(::getpid(), SIGUSR1); });
  const auto result = relay(side_of(a), side_of(b),
                            {.idle = 10s, .deadline = Deadline::never().interrupted_by(interruption)});
  CHECK(result.reason == RelayResult::Reason::interrupted);
}

TEST_CASE("relay: a filter sees and changes what passes") {
  SocketPair a;
  SocketPair b;
  const auto upper = [](Direction direction, std::span<const std::byte> data, std::string& replacement) {
    if (direction == Direction::backward) return false;
    replacement.clear();
    for (const auto byte : data) replacement += static_cast<char>(::toupper(static_cast<int>(byte)));
    return true;
  };
  auto result = start_relay(side_of(a), side_of(b), {.filter = upper});
  write_all(a.there.get(), "shout");
  ::shutdown(a.there.get(), SHUT_WR);
  CHECK(read_all(b.there.get()) == "SHOUT");
  write_all(b.there.get(), "back");
  b.there.reset();
  CHECK(read_all(a.there.get()) == "back");
  result.get();
}

TEST_CASE("relay: who does not read any more ends its way, and the other goes on") {
  SocketPair a;
  SocketPair b;
  auto result = start_relay(side_of(a), side_of(b));
  ::shutdown(b.there.get(), SHUT_RD);
  write_all(b.there.get(), "still here");
  write_all(a.there.get(), "lost");
  ::shutdown(b.there.get(), SHUT_WR);
  CHECK(read_all(a.there.get()) == "still here");
  CHECK_FALSE(result.get().forward.has_ended);
}

TEST_CASE("relay: what was read before comes first") {
  SocketPair a;
  SocketPair b;
  write_all(a.there.get(), "three");
  send_end(a.there);
  send_end(b.there);
  auto first = with_before(side_of(a), {"one ", "", "two "});
  first.exclusive = true;
  const auto result = relay(first, side_of(b), bounded({.block = GENERATE(as<std::size_t>{}, 0, 1, 3)}));
  CHECK(read_all(b.there.get()) == "one two three");
  CHECK(result.reason == Reason::ended);
  CHECK(result.forward.bytes == 13);
}

TEST_CASE("relay: what was read before can be all that there is") {
  SocketPair b;
  const auto text = with_before({.name = "a text"}, {"hello"});
  const auto result = relay(text, side_of(b), bounded());
  CHECK(read_all(b.there.get()) == "hello");
  CHECK(result.reason == Reason::ended);
  CHECK(result.forward.has_ended);
  CHECK_FALSE(result.backward.has_ended);
}

TEST_CASE("relay: packets that were read before keep their borders") {
  SocketPair a{SOCK_DGRAM};
  SocketPair b{SOCK_DGRAM};
  send_packets(a.there, {"four"});
  const auto first = with_before(with_packets(side_of(a)), {"one", "", "three"});
  const auto result = relay(first, with_packets(side_of(b)), bounded({.idle = 0ns}));
  CHECK(received_packets(b.there) == std::vector<std::string>{"one", "", "three", "four"});
  CHECK(result.forward.steps == 4);
  CHECK(result.forward.bytes == 12);
}

TEST_CASE("relay: every way carries all, from where the source stands, and tells its end") {
  const auto path = GENERATE(from_range(std::begin(paths), std::end(paths)));
  CAPTURE(path.name);
  const auto size = GENERATE(as<std::size_t>{}, 0, 1, 4097, 3'000'001);
  OneWay way{path};
  const auto text = pattern(size);
  auto sent = std::async(path.from == EndType::file ? std::launch::deferred : std::launch::async, [&] {
    write_all(way.feed.get(), text);
    way.feed.reset();
  });
  if (path.from == EndType::file) {
    write_all(way.feed.get(), "skipped");
    sent.get();
    ::lseek(way.from.get(), 7, SEEK_SET);
  }
  auto taken = std::async(path.to == EndType::file ? std::launch::deferred : std::launch::async,
                          [&] { return way.taken(); });
  const auto result = relay(way.source, way.destination, bounded());
  CHECK(taken.get() == text);
  CHECK(result.reason == Reason::ended);
  CHECK(result.forward.bytes == size);
  CHECK(result.forward.has_ended);
  CHECK_FALSE(result.forward.has_unsent);
  CHECK(result.forward.errnum == 0);
  if (path.from == EndType::file) CHECK(::lseek(way.from.get(), 0, SEEK_CUR) == static_cast<off_t>(size) + 7);
}

TEST_CASE("relay: so many bytes are the end, and the rest stays unread") {
  const auto path = GENERATE(from_range(std::begin(paths), std::end(paths)));
  CAPTURE(path.name);
  const auto block = GENERATE(as<std::size_t>{}, 0, 4);
  OneWay way{path};
  way.give("0123456789rest");
  way.source.length = 10;
  const auto result = relay(way.source, way.destination, bounded({.block = block}));
  CHECK(way.taken() == "0123456789");
  CHECK(result.reason == Reason::ended);
  CHECK(result.forward.has_ended);
  CHECK(result.forward.bytes == 10);
  way.feed.reset();
  CHECK(read_all(way.from.get()) == "rest");
}

TEST_CASE("relay: what was read before counts to the length") {
  SocketPair a;
  SocketPair b;
  write_all(a.there.get(), "defghi");
  auto first = with_before(side_of(a), {"ab", "c"});
  first.length = GENERATE(as<std::uint64_t>{}, 1, 2, 3, 5);
  send_end(b.there);
  const auto result = relay(first, side_of(b), bounded());
  CHECK(result.reason == Reason::ended);
  CHECK(read_all(b.there.get()) == std::string{"abcdefghi"}.substr(0, first.length));
}

TEST_CASE("relay: no bytes at all are the end at once, also of a source that is silent") {
  const auto path = GENERATE(from_range(std::begin(paths), std::end(paths)));
  CAPTURE(path.name);
  OneWay way{path};
  const bool is_silent = GENERATE(true, false);
  if (!is_silent) way.give("unread");
  way.source.length = 0;
  const auto result = relay(way.source, way.destination, {.deadline = Deadline::after(1s)});
  CHECK(result.reason == Reason::ended);
  CHECK(result.forward.has_ended);
  CHECK(result.forward.bytes == 0);
}

TEST_CASE("relay: a byte that is the end, with more behind it") {
  SocketPair a;
  SocketPair b;
  const auto text = GENERATE(as<std::string>{},
                             "before\x03"
                             "after",
                             "\x03"
                             "after",
                             "\x03");
  write_all(a.there.get(), text);
  send_end(b.there);
  auto first = side_of(a);
  first.escape = '\x03';
  const auto result = relay(first, side_of(b), bounded({.block = GENERATE(as<std::size_t>{}, 0, 2)}));
  CHECK(result.reason == Reason::ended);
  CHECK(result.forward.has_ended);
  CHECK(read_all(b.there.get()) == text.substr(0, text.find('\x03')));
}

TEST_CASE("relay: a byte that is the end, as the last one of a source that then is silent") {
  SocketPair a;
  SocketPair b;
  write_all(a.there.get(), "text\x03");
  send_end(b.there);
  auto first = side_of(a);
  first.escape = '\x03';
  const auto result = relay(first, side_of(b), {.deadline = Deadline::after(1s)});
  CHECK(result.reason == Reason::ended);
  CHECK(result.forward.has_ended);
  CHECK(result.forward.bytes == 4);
}

TEST_CASE("relay: a byte that is the end counts in what was read before, too") {
  SocketPair a;
  SocketPair b;
  auto first = with_before(side_of(a), {"text\x03more"});
  first.escape = '\x03';
  send_end(a.there);
  send_end(b.there);
  CHECK(relay(first, side_of(b), bounded()).reason == Reason::ended);
  CHECK(read_all(b.there.get()) == "text");
}

TEST_CASE("relay: a packet with the byte that is the end is the last one") {
  SocketPair a{SOCK_DGRAM};
  SocketPair b{SOCK_DGRAM};
  send_packets(a.there, {"one", "", "two\x03", "three"});
  auto first = with_packets(source_side(a.here.get()));
  first.escape = '\x03';
  const auto result = relay(first, with_packets(destination_side(b.here.get())), bounded());
  CHECK(result.reason == Reason::ended);
  CHECK(received_packets(b.there) == std::vector<std::string>{"one", "", "two"});
}

TEST_CASE("relay: the end of a file can be ignored, and what is appended follows") {
  const bool is_exclusive = GENERATE(true, false);
  const auto file = make_file("one ");
  SocketPair b;
  auto source = source_side(file.get());
  source.ignores_end = true;
  source.length = 8;
  auto destination = destination_side(b.here.get());
  destination.exclusive = is_exclusive;
  auto result = start_relay(source, destination, bounded());
  std::array<char, 4> got;
  REQUIRE(::recv(b.there.get(), got.data(), got.size(), MSG_WAITALL) == 4);
  CHECK(std::string{got.data(), got.size()} == "one ");
  REQUIRE(::pwrite(file.get(), "two ", 4, 4) == 4);
  CHECK(read_all(b.there.get()) == "two ");
  CHECK(result.get().reason == Reason::ended);
}

TEST_CASE("relay: a pipe whose end is ignored has other writers later") {
  TemporaryDirectory directory;
  const auto path = directory.path("fifo");
  require_call(::mkfifo(path.c_str(), 0600), "mkfifo");
  const FileDescriptor reader{::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
  const auto write_once = [&](const char* text) {
    const FileDescriptor writer{::open(path.c_str(), O_WRONLY | O_CLOEXEC)};
    write_all(writer.get(), text);
  };
  SocketPair b;
  auto source = source_side(reader.get());
  source.ignores_end = true;
  source.length = 8;
  write_once("one ");
  auto result = start_relay(source, destination_side(b.here.get()), bounded());
  CHECK(eventually([&] { return unread_bytes(b.there.get()) == 4; }));
  write_once("two ");
  CHECK(read_all(b.there.get()) == "one two ");
  CHECK(result.get().reason == Reason::ended);
}

TEST_CASE("relay: who does not read any more ends also a way whose source has no end") {
  const auto file = make_file("text");
  auto source = source_side(file.get());
  source.ignores_end = true;
  const IgnoredSigpipe ignored;
  PipePair output;
  SocketPair partner;
  const bool into_pipe = GENERATE(true, false);
  auto destination = destination_side(into_pipe ? output.in.get() : partner.here.get());
  auto result = start_relay(source, destination, {.deadline = Deadline::after(2s)});
  std::array<char, 4> got;
  REQUIRE(::read(into_pipe ? output.out.get() : partner.there.get(), got.data(), got.size()) == 4);
  output.out.reset();
  partner.there.reset();
  const auto ended = result.get();
  CHECK(ended.reason == Reason::ended);
  CHECK(ended.forward.errnum == EPIPE);
}

TEST_CASE("relay: a packet without bytes can be the end") {
  SocketPair a{SOCK_DGRAM};
  SocketPair b{SOCK_DGRAM};
  send_packets(a.there, {"one", "", "two"});
  auto first = with_packets(source_side(a.here.get()));
  first.empty_packet_ends = true;
  auto second = with_packets(destination_side(b.here.get()));
  second.end = RelaySide::End::packet;
  const auto result = relay(first, second, bounded());
  CHECK(result.reason == Reason::ended);
  CHECK(result.forward.has_ended);
  CHECK(result.forward.bytes == 3);
  CHECK(received_packets(b.there) == std::vector<std::string>{"one", ""});
  CHECK(received_packets(a.here) == std::vector<std::string>{"two"});
}

TEST_CASE("relay: a packet without bytes that was read before can be the end, too") {
  SocketPair a{SOCK_DGRAM};
  SocketPair b{SOCK_DGRAM};
  auto first = with_before(with_packets(source_side(a.here.get())), {"one", "", "two"});
  first.empty_packet_ends = true;
  const auto result =
      relay(first, with_packets(destination_side(b.here.get())), {.deadline = Deadline::after(1s)});
  CHECK(result.reason == Reason::ended);
  CHECK(received_packets(b.there) == std::vector<std::string>{"one"});
}

TEST_CASE("relay: the packets of those who are not to be heard are left out") {
  const auto here = open_socket(AF_INET, {.type = SOCK_DGRAM, .bind = SocketAddress::loopback(AF_INET)});
  const auto friendly = open_socket(AF_INET, {.type = SOCK_DGRAM, .bind = SocketAddress::loopback(AF_INET)});
  const auto strange = open_socket(AF_INET, {.type = SOCK_DGRAM, .bind = SocketAddress::loopback(AF_INET)});
  const auto at = local_address(here.get());
  const auto wanted = local_address(friendly.get());
  SocketPair b{SOCK_DGRAM};
  for (const auto& [sender, text] : {std::pair{&strange, "no"}, std::pair{&friendly, "one"},
                                     std::pair{&strange, ""}, std::pair{&friendly, "two"}})
    send_to(sender->get(), bytes(text), at, Deadline::after(10s));
  auto first = with_packets(source_side(here.get()));
  first.hears = [&](const SocketAddress& peer) { return peer == wanted; };
  first.length = 6;
  const auto result = relay(first, with_packets(destination_side(b.here.get())), bounded());
  CHECK(received_packets(b.there) == std::vector<std::string>{"one", "two"});
  CHECK(result.forward.steps == 2);
  CHECK(result.reason == Reason::ended);
}

TEST_CASE("relay: packets that are not heard are no activity") {
  SocketPair a{SOCK_DGRAM};
  SocketPair b{SOCK_DGRAM};
  send_packets(a.there, {"one", "two"});
  auto first = with_packets(side_of(a));
  first.hears = [](const SocketAddress&) { return false; };
  const auto result = relay(first, with_packets(side_of(b)), bounded({.idle = 50ms}));
  CHECK(result.reason == Reason::idle);
  CHECK(result.forward.steps == 0);
  CHECK(received_packets(b.there).empty());
}

TEST_CASE("relay: packets go to an address, also faster than they are read there") {
  const bool is_unix = GENERATE(true, false);
  const auto address = is_unix ? scratch_abstract() : SocketAddress::loopback(AF_INET);
  const auto receiver = open_socket(address.family(), {.type = SOCK_DGRAM, .bind = address});
  const auto sender = open_socket(address.family(), {.type = SOCK_DGRAM});
  SocketPair a{SOCK_DGRAM};
  constexpr std::size_t count = 100;  // more than the queue of a UNIX socket holds
  auto source = with_packets(source_side(a.here.get()));
  source.length = count;
  auto destination = with_packets(destination_side(sender.get()));
  destination.to = local_address(receiver.get());
  auto result = start_relay(source, destination, bounded());
  auto sent =
      std::async(std::launch::async, [&] { send_packets(a.there, std::vector<std::string>(count, "x")); });
  std::size_t received = 0;
  while (received < count && receive_text(receiver.get()) == "x") ++received;
  CHECK(received == count);
  CHECK(result.get().forward.steps == count);
}

TEST_CASE("relay: how long silence may last is a matter of the side that is awaited") {
  SocketPair a;
  SocketPair b;
  auto first = side_of(a);
  auto second = side_of(b);
  const bool is_first_awaited = GENERATE(true, false);
  (is_first_awaited ? first : second).linger = 50ms;
  (is_first_awaited ? second : first).linger = 0ms;
  send_end(is_first_awaited ? b.there : a.there);
  const auto begin = std::chrono::steady_clock::now();
  const auto result = relay(first, second, bounded());
  CHECK(result.reason == Reason::lingered);
  CHECK(std::chrono::steady_clock::now() - begin >= 50ms);
  CHECK(result.forward.has_ended == !is_first_awaited);
  CHECK(result.backward.has_ended == is_first_awaited);
}

TEST_CASE("relay: silence counts only once one way has ended, and anew after each step") {
  SocketPair a;
  SocketPair b;
  auto second = side_of(b);
  second.linger = 100ms;
  int calls = 0;
  // Each byte of the answer comes when 60 ms have been silent.
  RelayOptions options = bounded({.patience = 60ms});
  options.on_silence = [&](const RelaySide&) {
    if (++calls == 1) write_all(b.there.get(), "x");
  };
  send_end(a.there);
  const auto begin = std::chrono::steady_clock::now();
  const auto result = relay(side_of(a), second, options);
  CHECK(std::chrono::steady_clock::now() - begin >= 160ms);
  CHECK(result.reason == Reason::lingered);
  CHECK(result.backward.bytes == 1);
}

TEST_CASE("relay: silence after an end is told of once, with the side that is awaited") {
  SocketPair a;
  SocketPair b;
  auto second = side_of(b);
  second.name = "the silent one";
  second.linger = 200ms;
  std::vector<std::string> told;
  RelayOptions options = bounded({.patience = 20ms});
  options.on_silence = [&](const RelaySide& awaited) {
    told.push_back(awaited.name);
    if (told.size() == 1) write_all(b.there.get(), "not so silent");
  };
  send_end(a.there);
  CHECK(relay(side_of(a), second, options).reason == Reason::lingered);
  CHECK(told == std::vector<std::string>{"the silent one"});
}

TEST_CASE("relay: silence is not told of before one way has ended, nor where there is but one") {
  SocketPair a;
  SocketPair b;
  int calls = 0;
  RelayOptions options = bounded({.idle = 100ms, .patience = 10ms});
  options.on_silence = [&](const RelaySide&) { ++calls; };
  SECTION("both go on") { CHECK(relay(side_of(a), side_of(b), options).reason == Reason::idle); }
  SECTION("one way alone") {
    CHECK(relay(source_side(a.here.get()), destination_side(b.here.get()), options).reason == Reason::idle);
  }
  CHECK(calls == 0);
}

TEST_CASE("relay: who reads is told of the end in the manner of the side, once") {
  SocketPair a;
  SocketPair b;
  int calls = 0;
  auto destination = destination_side(b.here.get());
  destination.on_end = [&] {
    ++calls;
    CHECK(unread_bytes(b.there.get()) == 4);
  };
  write_all(a.there.get(), "text");
  send_end(a.there);
  SECTION("shut down") {
    relay(source_side(a.here.get()), destination, bounded());
    CHECK(read_all(b.there.get()) == "text");
  }
  SECTION("nothing") {
    destination.end = RelaySide::End::nothing;
    relay(source_side(a.here.get()), destination, bounded());
    CHECK(read_some(b.there.get()) == "text");
    write_all(b.here.get(), "more");
    CHECK(read_some(b.there.get()) == "more");
  }
  SECTION("closed by the caller") {
    destination.end = RelaySide::End::close;
    destination.on_end = [&] {
      ++calls;
      b.here.reset();
    };
    relay(source_side(a.here.get()), destination, bounded());
    CHECK(read_all(b.there.get()) == "text");
  }
  CHECK(calls == 1);
}

TEST_CASE("relay: an end as a packet without bytes comes also where there was no room for it") {
  const bool has_address = GENERATE(false, true);
  const auto address = scratch_abstract();
  const auto receiver = open_socket(AF_UNIX, {.type = SOCK_DGRAM, .bind = address});
  const auto sender = has_address ? open_socket(AF_UNIX, {.type = SOCK_DGRAM})
                                  : connect_to(address, {.type = SOCK_DGRAM}, Deadline::after(10s)).value();
  const auto to = has_address ? std::optional{address} : std::nullopt;
  std::size_t capacity = 0;
  while (send_to(sender.get(), bytes("x"), to, Deadline::immediate())) ++capacity;
  CHECK(received_packets(receiver).size() == capacity);

  SocketPair a;
  write_all(a.there.get(), std::string(capacity, 'y'));
  send_end(a.there);
  auto destination = with_packets(destination_side(sender.get()));
  destination.to = to;
  destination.end = RelaySide::End::packet;
  auto result = start_relay(source_side(a.here.get()), destination, bounded({.block = 1}));
  CHECK(eventually([&] { return unread_bytes(a.here.get()) == 0; }));
  for (std::size_t i = 0; i < capacity; ++i) REQUIRE(receive_text(receiver.get()) == "y");
  CHECK(receive_text(receiver.get(), Deadline::after(1s)).empty());
  CHECK(result.get().forward.has_ended);
}

TEST_CASE("relay: sockets become non-blocking only where nobody else uses them") {
  const bool is_exclusive = GENERATE(true, false);
  SocketPair a;
  SocketPair b;
  auto first = side_of(a);
  auto second = side_of(b);
  first.exclusive = second.exclusive = is_exclusive;
  send_end(a.there);
  send_end(b.there);
  relay(first, second, bounded());
  CHECK(is_nonblocking(a.here) == is_exclusive);
  CHECK(is_nonblocking(b.here) == is_exclusive);
}

TEST_CASE("relay: a send buffer that was set stays as it is") {
  SocketPair a;
  SocketPair b;
  const auto size_of_buffer = [&] {
    int size = 0;
    socklen_t length = sizeof size;
    ::getsockopt(b.here.get(), SOL_SOCKET, SO_SNDBUF, &size, &length);
    return size;
  };
  const int wanted = 20'000;
  ::setsockopt(b.here.get(), SOL_SOCKET, SO_SNDBUF, &wanted, sizeof wanted);
  const int set = size_of_buffer();
  auto second = side_of(b);
  second.exclusive = true;
  send_end(a.there);
  send_end(b.there);
  relay(side_of(a), second, bounded());
  CHECK(size_of_buffer() == set);
}

TEST_CASE("relay: both ways at once between exclusive sockets") {
  SocketPair a;
  SocketPair b;
  auto first = side_of(a);
  auto second = side_of(b);
  first.exclusive = second.exclusive = true;
  auto result = start_relay(first, second, bounded());
  const auto text = pattern(5'000'000);
  const auto run = [&](const FileDescriptor& socket) {
    return std::async(std::launch::async, [&] {
      auto got = std::async(std::launch::async, [&] { return read_all(socket.get()); });
      write_all(socket.get(), text);
      send_end(socket);
      return got.get() == text;
    });
  };
  auto left = run(a.there);
  auto right = run(b.there);
  CHECK(left.get());
  CHECK(right.get());
  CHECK(result.get().reason == Reason::ended);
}

TEST_CASE("relay: a pipe that is full does not hold up the other way, and stays in blocking mode") {
  const bool is_exclusive = GENERATE(true, false);
  SocketPair a;
  PipePair input;
  PipePair output;
  auto first = side_of(a);
  first.exclusive = is_exclusive;
  RelaySide second{.in = input.out.get(), .out = output.in.get(), .name = "pipes"};
  second.end = RelaySide::End::close;
  second.on_end = [&] { output.in.reset(); };
  RelayOptions options = bounded();
  if (GENERATE(false, true)) options.filter = [](auto, auto, auto&) { return false; };
  auto result = start_relay(first, second, options);
  const auto text = pattern(20'000'000);
  auto sent = std::async(std::launch::async, [&] {
    write_all(a.there.get(), text);
    send_end(a.there);
  });
  CHECK(eventually([&] { return is_full(output.in.get()) && is_full(a.there.get()); }));
  for (int i = 0; i < 3; ++i) {
    write_all(input.in.get(), "ping");
    std::array<char, 4> got;
    CHECK(::recv(a.there.get(), got.data(), got.size(), MSG_WAITALL) == 4);
  }
  CHECK_FALSE(is_nonblocking(output.in));
  CHECK_FALSE(is_nonblocking(input.out));
  input.in.reset();
  CHECK(read_all(output.out.get()) == text);
  CHECK(result.get().reason == Reason::ended);
}

TEST_CASE("relay: bytes become packets of a block, and of 8 KiB by default") {
  SocketPair a;
  SocketPair b{GENERATE(SOCK_DGRAM, SOCK_SEQPACKET)};
  const auto text = pattern(20'000);
  const auto block = GENERATE(as<std::size_t>{}, 0, 6000, 20'000);
  write_all(a.there.get(), text);
  send_end(a.there);
  const auto result = relay(source_side(a.here.get()), with_packets(destination_side(b.here.get())),
                            bounded({.block = block}));
  const auto packets = received_packets(b.there);
  std::string whole;
  const auto most = block == 0 ? 8192 : block;
  for (const auto& packet : packets) {
    CHECK(packet.size() <= most);
    CHECK((packet.size() == most || &packet == &packets.back()));
    whole += packet;
  }
  CHECK(whole == text);
  CHECK(result.forward.steps == packets.size());
}

TEST_CASE("relay: packets become bytes, and those without any nothing") {
  SocketPair a{SOCK_SEQPACKET};
  SocketPair b;
  mark_packets(a.here.get());
  const auto large = pattern(100'000);
  send_packets(a.there, {"", "one", "", large, "two", ""});
  send_end(a.there);
  auto taken = std::async(std::launch::async, [&] { return read_all(b.there.get()); });
  const auto result =
      relay(with_packets(source_side(a.here.get())), destination_side(b.here.get()), bounded());
  CHECK(taken.get() == "one" + large + "two");
  CHECK(result.forward.has_ended);
  CHECK(result.reason == Reason::ended);
}

TEST_CASE("relay: packets with an end keep empty ones, and the end passes on") {
  SocketPair a{SOCK_SEQPACKET};
  SocketPair b{SOCK_SEQPACKET};
  for (const auto* pair : {&a, &b}) {
    mark_packets(pair->here.get());
    mark_packets(pair->there.get());
  }
  auto result = start_relay(with_packets(side_of(a)), with_packets(side_of(b)), bounded());
  send_packets(a.there, {"", "one", ""});
  send_end(a.there);
  for (const auto* text : {"", "one", "", "(end)"}) CHECK(receive_text(b.there.get()) == text);
  send_packets(b.there, {"two", ""});
  send_end(b.there);
  for (const auto* text : {"two", "", "(end)"}) CHECK(receive_text(a.there.get()) == text);
  const auto ended = result.get();
  CHECK(ended.reason == Reason::ended);
  CHECK(ended.forward.steps == 3);
  CHECK(ended.backward.steps == 2);
  CHECK((ended.forward.has_ended && ended.backward.has_ended));
}

TEST_CASE("relay: a destination that has gone, with something on its way") {
  const IgnoredSigpipe ignored;
  const auto path = GENERATE(from_range(std::begin(paths), std::end(paths)));
  CAPTURE(path.name);
  if (path.to == EndType::file) return;
  OneWay way{path};
  way.give("lost");
  way.feed.reset();
  way.result.reset();
  const auto result = relay(way.source, way.destination, bounded());
  CHECK(result.reason == Reason::ended);
  CHECK(result.forward.errnum == EPIPE);
  CHECK(result.forward.has_unsent);
  CHECK_FALSE(result.forward.has_ended);
  CHECK(result.forward.bytes == 0);
}

TEST_CASE("relay: a destination that has gone while nothing was to be sent") {
  SocketPair a;
  PipePair output;
  SocketPair b;
  const bool into_pipe = GENERATE(true, false);
  const auto result_of = [&] {
    return relay(source_side(a.here.get()), destination_side(into_pipe ? output.in.get() : b.here.get()),
                 bounded());
  };
  output.out.reset();
  b.there.reset();
  const auto result = result_of();
  CHECK(result.reason == Reason::ended);
  CHECK(result.forward.errnum == EPIPE);
  CHECK_FALSE(result.forward.has_unsent);
  CHECK_FALSE(result.forward.has_ended);
}

// What a client has sent before it went away without reading any answer, as much as there was room for.
std::size_t send_and_go(FileDescriptor& client) {
  const auto text = pattern(65536);
  std::size_t sent = 0;
  ::fcntl(client.get(), F_SETFL, O_NONBLOCK);
  for (pollfd entry{client.get(), POLLOUT, 0}; ::poll(&entry, 1, 300) == 1;)
    if (const auto count = ::write(client.get(), text.data(), text.size()); count > 0)
      sent += static_cast<std::size_t>(count);
  client.reset();
  return sent;
}

TEST_CASE("relay: who serves a client that has gone gets all that it sent, and may go on answering") {
  const bool is_exclusive = GENERATE(true, false);
  SocketPair a;
  SocketPair b;
  auto echo = std::async(std::launch::async, [&] {
    std::string text(65536, '\0');
    std::size_t got = 0;
    for (;;) {
      const auto count = ::read(b.there.get(), text.data(), text.size());
      if (count <= 0) return got;
      got += static_cast<std::size_t>(count);
      write_all(b.there.get(), std::string_view{text}.substr(0, static_cast<std::size_t>(count)));
    }
  });
  auto first = side_of(a);
  auto second = side_of(b);
  first.exclusive = second.exclusive = is_exclusive;
  auto result = start_relay(first, second, bounded());
  const auto sent = send_and_go(a.there);
  const auto ended = result.get();
  b.here.reset();
  CHECK(ended.reason == Reason::ended);
  CHECK(ended.forward.bytes == sent);
  CHECK(ended.backward.has_unsent);
  CHECK(echo.get() == sent);
}

TEST_CASE("relay: who answers a client that has gone and never reads is given up") {
  SocketPair a;
  SocketPair b;
  auto endless = std::async(std::launch::async, [&] {
    const IgnoredSigpipe ignored;
    const auto text = pattern(65536);
    while (::write(b.there.get(), text.data(), text.size()) > 0) continue;
  });
  auto result = start_relay(side_of(a), side_of(b), bounded());
  send_and_go(a.there);
  const auto ended = result.get();
  b.here.reset();
  CHECK(ended.reason == Reason::ended);
  CHECK(ended.forward.has_unsent);
  CHECK(ended.forward.errnum == EPIPE);
  CHECK(ended.backward.errnum != 0);
}

TEST_CASE("relay: a pipe that gives back what it gets does not outlast its client") {
  SocketPair a;
  PipePair pipe;
  auto result =
      start_relay(side_of(a), {.in = pipe.out.get(), .out = pipe.in.get(), .name = "a pipe"}, bounded());
  const auto sent = send_and_go(a.there);
  const auto ended = result.get();
  CHECK(ended.reason == Reason::ended);
  CHECK(ended.forward.bytes == sent);
}

TEST_CASE("relay: a packet to who has gone ends its way") {
  SocketPair a{SOCK_SEQPACKET};
  SocketPair b{SOCK_SEQPACKET};
  send_packets(a.there, {"lost"});
  b.there.reset();
  const auto result =
      relay(with_packets(source_side(a.here.get())), with_packets(destination_side(b.here.get())), bounded());
  CHECK(result.reason == Reason::ended);
  CHECK(result.forward.errnum == EPIPE);
  CHECK(result.forward.has_unsent);
}

TEST_CASE("relay: a source that was reset ends its way alone, after what came before it") {
  const bool is_exclusive = GENERATE(true, false);
  const bool into_pipe = GENERATE(true, false);
  SocketPair a;
  SocketPair b;
  PipePair output;
  write_all(a.here.get(), "never read");
  write_all(a.there.get(), "last words");
  a.there.reset();
  auto first = side_of(a);
  RelaySide second{.in = b.here.get(), .out = into_pipe ? output.in.get() : b.here.get(), .name = "b"};
  first.exclusive = second.exclusive = is_exclusive;
  int ends = 0;
  second.on_end = [&] { ++ends; };
  send_end(b.there);
  const auto result = relay(first, second, bounded());
  CHECK(result.reason == Reason::ended);
  CHECK(result.forward.errnum == ECONNRESET);
  CHECK(result.forward.bytes == 10);
  CHECK_FALSE(result.forward.has_ended);
  CHECK(ends == 1);
  output.in.reset();
  CHECK(read_all(into_pipe ? output.out.get() : b.there.get()) == "last words");
}

TEST_CASE("relay: a source of packets that was reset ends its way alone") {
  SocketPair a{SOCK_SEQPACKET};
  SocketPair b{SOCK_SEQPACKET};
  send_packets(a.here, {"never read"});
  a.there.reset();
  send_end(b.there);
  std::optional<RelayResult> result;
  CHECK_NOTHROW(result = relay(with_packets(side_of(a)), with_packets(side_of(b)), bounded()));
  REQUIRE(result);
  CHECK(result->reason == Reason::ended);
  CHECK(result->forward.errnum == ECONNRESET);
  CHECK_FALSE(result->forward.has_ended);
  CHECK(result->backward.has_ended);
}

TEST_CASE("relay: a connection of TCP that is reset") {
  TcpPair a;
  SocketPair b;
  auto second = RelaySide{.in = b.here.get(), .out = b.here.get(), .name = "b"};
  auto result = start_relay({.in = a.here.get(), .out = a.here.get(), .name = "TCP"}, second, bounded());
  write_all(a.there.get(), "x");
  CHECK(eventually([&] { return unread_bytes(b.there.get()) == 1; }));
  const linger at_once{1, 0};
  ::setsockopt(a.there.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  a.there.reset();
  CHECK(read_all(b.there.get()) == "x");
  b.there.reset();
  const auto ended = result.get();
  CHECK(ended.reason == Reason::ended);
  CHECK(ended.forward.errnum == ECONNRESET);
  CHECK_FALSE(ended.forward.has_ended);
}

TEST_CASE("relay: what is left when it gives up was not sent") {
  const auto give_up = [](const RelaySide& source) {
    SocketPair b;
    const auto destination = source.units == RelaySide::Units::packets
                                 ? with_packets(destination_side(b.here.get()))
                                 : destination_side(b.here.get());
    const auto result = relay(source, destination, {.deadline = Deadline::immediate()});
    CHECK(result.reason == Reason::interrupted);
    CHECK(result.forward.bytes == 0);
    return result.forward.has_unsent;
  };
  SocketPair stream;
  SocketPair datagrams{SOCK_DGRAM};
  SocketPair packets{SOCK_SEQPACKET};
  PipePair pipe;
  SECTION("nothing is there") {
    CHECK_FALSE(give_up(source_side(stream.here.get())));
    CHECK_FALSE(give_up(with_packets(source_side(datagrams.here.get()))));
    CHECK_FALSE(give_up(with_packets(source_side(packets.here.get()))));
    CHECK_FALSE(give_up(source_side(pipe.out.get())));
    CHECK_FALSE(give_up(source_side(make_file().get())));
  }
  SECTION("an end is there") {
    send_end(stream.there);
    send_end(packets.there);
    pipe.in.reset();
    CHECK_FALSE(give_up(source_side(stream.here.get())));
    CHECK_FALSE(give_up(with_packets(source_side(packets.here.get()))));
    CHECK_FALSE(give_up(source_side(pipe.out.get())));
  }
  SECTION("bytes are there") {
    write_all(stream.there.get(), "x");
    send_packets(datagrams.there, {"x"});
    send_packets(packets.there, {"x"});
    write_all(pipe.in.get(), "x");
    const auto file = make_file("x");
    CHECK(give_up(source_side(stream.here.get())));
    CHECK(give_up(with_packets(source_side(datagrams.here.get()))));
    CHECK(give_up(with_packets(source_side(packets.here.get()))));
    CHECK(give_up(source_side(pipe.out.get())));
    CHECK(give_up(source_side(file.get())));
    CHECK(read_some(stream.here.get()) == "x");  // it was looked at alone
  }
  SECTION("a packet without bytes is there") {
    send_packets(datagrams.there, {""});
    CHECK(give_up(with_packets(source_side(datagrams.here.get()))));
  }
  SECTION("something was read before") { CHECK(give_up(with_before({.name = "a text"}, {"x"}))); }
}

TEST_CASE("relay: a null device has nothing unread when it gives up") {
  SocketPair b;
  const FileDescriptor null{::open("/dev/null", O_RDWR | O_CLOEXEC)};
  auto source = source_side(null.get());
  source.ignores_end = true;
  std::optional<RelayResult> result;
  CHECK_NOTHROW(result = relay(source, destination_side(b.here.get()), bounded({.idle = 50ms})));
  REQUIRE(result);
  CHECK(result->reason == Reason::idle);
  CHECK_FALSE(result->forward.has_unsent);
}

TEST_CASE("relay: the length counts what was written, also to a file to which splice(2) does not go") {
  const FileDescriptor name{::open("/proc/thread-self/comm", O_RDWR | O_CLOEXEC)};
  REQUIRE(name.is_open());
  const auto old = read_all(name.get());
  const auto path = paths[GENERATE(0, 3)];  // from a socket, from a pipe
  CAPTURE(path.name);
  OneWay way{path};
  way.give("renamed, rest");
  way.source.length = 7;
  auto destination = destination_side(name.get());
  const auto result = relay(way.source, destination, {.deadline = Deadline::after(1s)});
  CHECK(result.reason == Reason::ended);
  CHECK(result.forward.bytes == 7);
  ::lseek(name.get(), 0, SEEK_SET);
  CHECK(read_all(name.get()) == "renamed\n");
  write_all(name.get(), old);
}

TEST_CASE("relay: what its destination has no room for was not sent") {
  const auto path = GENERATE(from_range(std::begin(paths), std::end(paths)));
  CAPTURE(path.name);
  if (path.to == EndType::file) return;
  OneWay way{path};
  static const auto large = pattern(12'000'000);
  auto sent = std::async(path.from == EndType::file ? std::launch::deferred : std::launch::async,
                         [&] { write_all(way.feed.get(), large); });
  if (path.from == EndType::file) {
    sent.get();
    ::lseek(way.from.get(), 0, SEEK_SET);
  }
  const IgnoredSigpipe ignored;
  const auto result = relay(way.source, way.destination, {.idle = 200ms, .deadline = Deadline::after(10s)});
  CHECK(result.reason == Reason::idle);
  CHECK(result.forward.has_unsent);
  CHECK(result.forward.bytes > 0);
  CHECK(unread_bytes(way.result.get()) == static_cast<int>(result.forward.bytes));
  way.from.reset();
}

TEST_CASE("relay: progress is told after each step, and what it tells is the result") {
  SocketPair a;
  SocketPair b;
  write_all(a.there.get(), pattern(100));
  write_all(b.there.get(), pattern(30));
  send_end(a.there);
  send_end(b.there);
  std::vector<std::pair<RelayCount, RelayCount>> told;
  RelayOptions options = bounded({.block = 10});
  options.progress = [&](const RelayCount& forward, const RelayCount& backward) {
    told.emplace_back(forward, backward);
  };
  const auto result = relay(side_of(a), side_of(b), options);
  CHECK(result.forward.steps == 10);
  CHECK(result.backward.steps == 3);
  REQUIRE(told.size() >= 10);
  for (std::size_t i = 1; i < told.size(); ++i) {
    CHECK(told[i].first.bytes >= told[i - 1].first.bytes);
    CHECK(told[i].first.bytes <= told[i - 1].first.bytes + 10);
    CHECK(told[i].second.bytes <= told[i - 1].second.bytes + 10);
  }
  CHECK(told.back().first.bytes == 100);
  CHECK(told.back().second.bytes == 30);
  CHECK((told.back().first.has_ended && told.back().second.has_ended));
}

TEST_CASE("relay: a filter may let nothing pass") {
  SocketPair a;
  SocketPair b;
  write_all(a.there.get(), pattern(1000));
  send_end(a.there);
  const RelayOptions options = bounded({.block = 100, .filter = [](auto, auto, std::string& replacement) {
                                          replacement.clear();
                                          return true;
                                        }});
  const auto result = relay(source_side(a.here.get()), destination_side(b.here.get()), options);
  CHECK(result.reason == Reason::ended);
  CHECK(result.forward.has_ended);
  CHECK(result.forward.bytes == 0);
  CHECK(read_all(b.there.get()).empty());
}

TEST_CASE("relay: so many bytes are the end, also when a filter lets none of the last ones pass") {
  SocketPair a;
  SocketPair b;
  write_all(a.there.get(), "ab\r");
  const auto without_returns = [](auto, std::span<const std::byte> data, std::string& replacement) {
    replacement.clear();
    for (const auto byte : data)
      if (static_cast<char>(byte) != '\r') replacement += static_cast<char>(byte);
    return true;
  };
  auto source = source_side(a.here.get());
  source.length = 3;
  const auto result = relay(source, destination_side(b.here.get()),
                            {.block = 1, .deadline = Deadline::after(1s), .filter = without_returns});
  CHECK(result.reason == Reason::ended);
  CHECK(result.forward.has_ended);
  CHECK(result.forward.bytes == 2);
}

TEST_CASE("relay: a filter may make more of it, and sees each packet alone") {
  SocketPair a{SOCK_DGRAM};
  SocketPair b{SOCK_DGRAM};
  send_packets(a.there, {"a", "", "bc"});
  std::vector<std::size_t> seen;
  RelayOptions options = bounded({.idle = 0ns});
  options.filter = [&](Direction, std::span<const std::byte> data, std::string& replacement) {
    seen.push_back(data.size());
    replacement.assign(data.size() * 1000, 'x');
    return true;
  };
  const auto result = relay(with_packets(side_of(a)), with_packets(side_of(b)), options);
  CHECK(seen == std::vector<std::size_t>{1, 0, 2});
  CHECK(received_packets(b.there) ==
        std::vector<std::string>{std::string(1000, 'x'), "", std::string(2000, 'x')});
  CHECK(result.forward.bytes == 3000);
}

TEST_CASE("relay: a descriptor can be both source and destination, as of an echo") {
  const bool is_exclusive = GENERATE(true, false);
  SocketPair a;
  auto source = source_side(a.here.get());
  auto destination = destination_side(a.here.get());
  source.exclusive = destination.exclusive = is_exclusive;
  auto result = start_relay(source, destination, bounded());
  const auto text = pattern(1'000'000);
  auto sent = std::async(std::launch::async, [&] {
    write_all(a.there.get(), text);
    send_end(a.there);
  });
  CHECK(read_all(a.there.get()) == text);
  CHECK(result.get().forward.has_ended);
}

TEST_CASE("relay: two different sides may be one connection") {
  SocketPair a;
  PipePair input;
  PipePair output;
  // What comes in on the pipe goes to the socket, and what comes from there to the other pipe.
  RelaySide pipes{.in = input.out.get(), .out = output.in.get(), .name = "pipes", .exclusive = true};
  pipes.end = RelaySide::End::close;
  pipes.on_end = [&] { output.in.reset(); };
  auto socket = side_of(a);
  socket.exclusive = true;
  write_all(input.in.get(), "question");
  input.in.reset();
  auto result = start_relay(pipes, socket, bounded());
  CHECK(read_all(a.there.get()) == "question");
  write_all(a.there.get(), "answer");
  a.there.reset();
  CHECK(read_all(output.out.get()) == "answer");
  CHECK(result.get().reason == Reason::ended);
}

TEST_CASE("relay: what somebody else has read meanwhile is not waited for in a busy loop") {
  PipePair input;
  PipePair output;
  ::fcntl(output.in.get(), F_SETPIPE_SZ, 1024 * 1024);
  set_nonblocking(output.in);
  const std::string page(4096, 'x');
  while (::write(output.in.get(), page.data(), page.size()) > 0) continue;
  write_all(input.in.get(), "stolen");
  const auto thief = when_asleep([&] {
    std::array<char, 6> stolen;
    CHECK(::read(input.out.get(), stolen.data(), stolen.size()) == 6);
    std::string all(1024 * 1024, '\0');
    CHECK(::read(output.out.get(), all.data(), all.size()) > 0);
  });
  rusage begin;
  ::getrusage(RUSAGE_THREAD, &begin);
  const auto result = relay(source_side(input.out.get()), destination_side(output.in.get()),
                            {.idle = 400ms, .deadline = Deadline::after(10s)});
  rusage end;
  ::getrusage(RUSAGE_THREAD, &end);
  CHECK(result.reason == Reason::idle);
  CHECK(result.forward.bytes == 0);
  CHECK_FALSE(result.forward.has_unsent);
  const auto microseconds_of = [](const rusage& usage) {
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1'000'000 + usage.ru_utime.tv_usec +
           usage.ru_stime.tv_usec;
  };
  CHECK(microseconds_of(end) - microseconds_of(begin) < 150'000);
}

TEST_CASE("relay: other failures name the side and what was tried") {
  SocketPair a;
  SECTION("reading") {
    const FileDescriptor directory{::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    const auto error = error_of([&] { relay(source_side(directory.get()), side_of(a), bounded()); });
    CHECK(error.attempt() == "cannot read the source");
    CHECK(error.code() == std::errc::is_a_directory);
  }
  SECTION("writing") {
    write_all(a.there.get(), "x");
    const FileDescriptor file{::open("/dev/full", O_WRONLY | O_CLOEXEC)};
    const auto error =
        error_of([&] { relay(source_side(a.here.get()), destination_side(file.get()), bounded()); });
    CHECK(error.attempt() == "cannot write the destination");
    CHECK(error.code() == std::errc::no_space_on_device);
  }
  SECTION("a packet that is too long") {
    const auto receiver = deaf_socket(AF_INET);
    const auto bound = open_socket(AF_INET, {.type = SOCK_DGRAM, .bind = SocketAddress::loopback(AF_INET)});
    const auto sender = open_socket(AF_INET, {.type = SOCK_DGRAM});
    auto destination = with_packets(destination_side(sender.get()));
    destination.to = local_address(bound.get());
    write_all(a.there.get(), pattern(70'000));
    const auto error =
        error_of([&] { relay(source_side(a.here.get()), destination, bounded({.block = 70'000})); });
    CHECK(error.attempt() == "cannot write the destination");
    CHECK(error.code() == std::errc::message_size);
  }
}

TEST_CASE("relay: what a callback throws ends it") {
  SocketPair a;
  SocketPair b;
  write_all(a.there.get(), "x");
  RelayOptions options = bounded();
  const auto refuse = [] { throw Error{ENOSPC, "cannot keep a record"}; };
  if (GENERATE(true, false))
    options.filter = [&](auto, auto, auto&) -> bool {
      refuse();
      return false;
    };
  else
    options.progress = [&](auto&, auto&) { refuse(); };
  CHECK(error_of([&] { relay(side_of(a), side_of(b), options); }).attempt() == "cannot keep a record");
}

namespace {

Duration time_of_drain(int socket, DrainUntil until, Duration grace, const Deadline& deadline) {
  const auto begin = std::chrono::steady_clock::now();
  drain(socket, until, grace, deadline);
  return std::chrono::steady_clock::now() - begin;
}

}  // namespace

TEST_CASE("drain: with nothing unread, what was sent is not waited for") {
  SocketPair pair;
  CHECK(time_of_drain(pair.here.get(), DrainUntil::sent, 10s, Deadline::after(10s)) < 5s);
  TcpPair over_tcp;
  write_all(over_tcp.here.get(), "not read over there");
  CHECK(time_of_drain(over_tcp.here.get(), DrainUntil::sent, 10s, Deadline::after(10s)) < 5s);
}

TEST_CASE("drain: a UNIX socket whose reader goes without reading all is told") {
  SocketPair pair;
  write_all(pair.here.get(), "not read over there");
  const auto goer = when_asleep([&] { pair.there.reset(); });
  CHECK_FALSE(drain(pair.here.get(), DrainUntil::sent, 10s, Deadline::after(10s)));
}

TEST_CASE("drain: what is unread is thrown away, and the end of the other side ends it") {
  SocketPair pair;
  const auto until = GENERATE(DrainUntil::sent, DrainUntil::ended);
  write_all(pair.there.get(), pattern(100'000));
  send_end(pair.there);
  CHECK(time_of_drain(pair.here.get(), until, 10s, Deadline::after(10s)) < 5s);
  char byte;
  CHECK(::recv(pair.here.get(), &byte, 1, MSG_DONTWAIT) == 0);
}

TEST_CASE("drain: with something unread it goes on until the other side has all") {
  SocketPair pair;
  write_all(pair.there.get(), "unread");
  SECTION("which it has") {
    CHECK(time_of_drain(pair.here.get(), DrainUntil::sent, 10s, Deadline::after(10s)) < 5s);
  }
  SECTION("which it does not read") {
    write_all(pair.here.get(), "under way");
    CHECK(time_of_drain(pair.here.get(), DrainUntil::sent, 10s, Deadline::after(100ms)) >= 100ms);
  }
  SECTION("which it reads late") {
    write_all(pair.here.get(), "under way");
    const auto reader = when_asleep([&] { CHECK(read_some(pair.there.get()) == "under way"); });
    CHECK(time_of_drain(pair.here.get(), DrainUntil::sent, 10s, Deadline::after(10s)) < 5s);
  }
  CHECK(read_some(pair.here.get()).empty());
}

TEST_CASE("drain: silence lasts for the grace, whether the other side has all or takes nothing") {
  SocketPair pair;
  if (GENERATE(true, false)) write_all(pair.here.get(), "under way");
  const auto time = time_of_drain(pair.here.get(), DrainUntil::ended, 60ms, Deadline::after(10s));
  CHECK(time >= 60ms);
  CHECK(time < 5s);
}

TEST_CASE("drain: the grace begins again with whatever the other side takes") {
  SocketPair pair;
  for (int i = 0; i < 3; ++i) write_all(pair.here.get(), std::string(100'000, 'x').substr(0, 20'000));
  auto reader = std::async(std::launch::async, [&] {
    std::string buffer(20'000, 0);
    for (int i = 0; i < 3; ++i) {
      std::this_thread::sleep_for(60ms);
      if (::recv(pair.there.get(), buffer.data(), buffer.size(), MSG_WAITALL) != 20'000) return false;
    }
    return true;
  });
  CHECK(time_of_drain(pair.here.get(), DrainUntil::ended, 100ms, Deadline::after(10s)) >= 200ms);
  CHECK(reader.get());
}

TEST_CASE("drain: what the other side goes on sending does not lengthen the grace") {
  SocketPair pair;
  std::atomic<bool> is_over = false;
  auto sender = std::async(std::launch::async, [&] {
    while (!is_over && ::send(pair.there.get(), "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
      std::this_thread::sleep_for(1ms);
  });
  CHECK(time_of_drain(pair.here.get(), DrainUntil::ended, 50ms, Deadline::after(10s)) < 5s);
  is_over = true;
}

TEST_CASE("drain: the deadline ends it, and a signal") {
  SocketPair pair;
  write_all(pair.here.get(), "under way");
  SECTION("the deadline") {
    const auto time = time_of_drain(pair.here.get(), DrainUntil::ended, 10s, Deadline::after(50ms));
    CHECK(time >= 50ms);
    CHECK(time < 5s);
  }
  SECTION("one that has passed") {
    write_all(pair.there.get(), "x");
    drain(pair.here.get(), DrainUntil::ended, 10s, Deadline::immediate());
    CHECK(read_some(pair.here.get()) == "x");
  }
  SECTION("a signal") {
    const Interruption interruption{SIGUSR1};
    const auto signalled = when_asleep([] { ::kill(::getpid(), SIGUSR1); });
    CHECK(time_of_drain(pair.here.get(), DrainUntil::ended, 10s,
                        Deadline::after(10s).interrupted_by(interruption)) < 5s);
  }
}

TEST_CASE("drain: who has gone is not waited for") {
  SocketPair pair;
  write_all(pair.here.get(), "never read");
  pair.there.reset();
  CHECK(time_of_drain(pair.here.get(), DrainUntil::ended, 10s, Deadline::after(10s)) < 5s);
}

TEST_CASE("drain: a client of TCP that still sends gets all of the answer") {
  TcpPair pair;
  const auto answer = pattern(200'000);
  auto client = std::async(std::launch::async, [&] {
    write_all(pair.there.get(), pattern(100'000));  // more than anybody reads
    auto got = read_all(pair.there.get());
    send_end(pair.there);
    return got;
  });
  write_all(pair.here.get(), answer);
  send_end(pair.here);
  drain(pair.here.get(), DrainUntil::ended, 2s, Deadline::after(10s));
  pair.here.reset();
  CHECK(client.get() == answer);
}
