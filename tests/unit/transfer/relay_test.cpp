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
#include "transfer/ends.hpp"

using namespace ipcutils;
using namespace std::chrono_literals;

namespace {

std::string text_of(std::size_t size) {
  std::mt19937 random{static_cast<unsigned>(size)};
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

Side side_of(const TestPair& pair, Holders holders = Holders::others) {
  return socket_side(descriptor_of(pair.here, holders), "a socket");
}

// From one descriptor, nothing back.
Side source_side(Descriptor descriptor) {
  return {.source = source_of(std::move(descriptor)), .name = "the source"};
}
Side source_side(const FileDescriptor& file) { return source_side(descriptor_of(file)); }
Side sink_side(Descriptor descriptor) { return {.sink = sink_of(std::move(descriptor)), .name = "the sink"}; }
Side sink_side(const FileDescriptor& file) { return sink_side(descriptor_of(file)); }

// Of two pipes, of which the second is closed when nothing more comes.
Side pipe_side(FileDescriptor& read_end, FileDescriptor& write_end, Holders holders = Holders::we_alone) {
  if (holders == Holders::we_alone)
    return {source_of(Descriptor::owned(std::move(read_end))),
            sink_of(Descriptor::owned(std::move(write_end))), "pipes"};
  return {source_of(read_end), sink_of(Descriptor::inherited(write_end.get())), "pipes"};
}

Side with_rules(Side side, const Source::Rules& rules, const std::vector<std::string>& prefetched = {}) {
  side.source->set_rules(rules);
  for (const auto& piece : prefetched) side.source->prefetch(piece);
  return side;
}

// Of sides that may be temporary.
template <typename First, typename Second>
RelayResult relay_of(First&& first, Second&& second, RelayOptions options = {}) {
  return relay(first, second, std::move(options));
}

std::future<RelayResult> start_relay(Side first, Side second, RelayOptions options = {}) {
  return std::async(std::launch::async, [first = std::move(first), second = std::move(second),
                                         options = std::move(options)]() mutable {
    return relay(first, second, std::move(options));
  });
}

using Reason = RelayResult::Reason;

// Of what must end by itself: much later it is cut off, which the reason shows.
RelayOptions bounded(RelayOptions options = {}) {
  options.deadline = Deadline::after(10s);
  return options;
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

bool is_full(int fd) {
  pollfd entry{fd, POLLOUT, 0};
  return ::poll(&entry, 1, 0) == 0;
}

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
    {"socket to a pipe that others have", EndType::socket, EndType::pipe, false},
    {"pipe to socket, copied", EndType::pipe, EndType::socket, false},
    {"pipe to socket, spliced", EndType::pipe, EndType::socket, true},
    {"pipe to pipe", EndType::pipe, EndType::pipe, true},
    {"pipe to pipe that others have", EndType::pipe, EndType::pipe, false},
    {"file to pipe", EndType::file, EndType::pipe, true},
    {"file to a pipe that others have", EndType::file, EndType::pipe, false},
    {"file to socket, copied", EndType::file, EndType::socket, false},
    {"file to socket, by sendfile", EndType::file, EndType::socket, true},
    {"socket to file", EndType::socket, EndType::file, true},
    {"pipe to file, copied", EndType::pipe, EndType::file, false},
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
      from = std::move(pair.read_end);
      feed = std::move(pair.write_end);
    }
    if (path.to == EndType::file) {
      to = make_file();
    } else {
      auto pair = channel(path.to);
      to = std::move(pair.write_end);
      result = std::move(pair.read_end);
    }
    const auto holders = path.is_exclusive ? Holders::we_alone : Holders::others;
    source = source_side(descriptor_of(from, holders));
    if (path.to != EndType::pipe)
      sink = sink_side(descriptor_of(to, holders));
    else if (path.is_exclusive)
      sink = sink_side(Descriptor::owned(std::move(to)));
    else
      sink = sink_side(Descriptor::inherited(to.get()));
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
  Side source;
  Side sink;

 private:
  bool m_is_file_read;
  bool m_is_file_written;
};

}  // namespace

TEST_CASE("relay: both ways at once, each with an end of its own") {
  const auto size = GENERATE(as<std::size_t>{}, 0, 1, 65536, 3'000'001);
  TestPair a;
  TestPair b;
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
  CHECK(ended.reason == Reason::ended);
  CHECK(ended.forward.bytes == there.size());
  CHECK(ended.backward.bytes == back.size());
  CHECK(ended.forward.has_ended);
  CHECK(ended.backward.has_ended);
  CHECK_FALSE(ended.forward.has_unsent);
}

TEST_CASE("relay: one way has ended, and the other goes on") {
  TestPair a;
  TestPair b;
  auto result = start_relay(side_of(a), side_of(b));
  write_all(a.there.get(), "question");
  ::shutdown(a.there.get(), SHUT_WR);
  CHECK(read_all(b.there.get()) == "question");
  write_all(b.there.get(), "answer");
  b.there.reset();
  CHECK(read_all(a.there.get()) == "answer");
  CHECK(result.get().reason == Reason::ended);
}

TEST_CASE("relay: from pipes and into pipes") {
  const auto size = GENERATE(as<std::size_t>{}, 5, 5'000'000);
  auto input = make_pipe();
  auto output = make_pipe();
  TestPair partner;
  const auto holders = GENERATE(Holders::we_alone, Holders::others);
  auto result = start_relay(pipe_side(input.read_end, output.write_end, holders), side_of(partner));
  const auto text = text_of(size);
  auto sent = std::async(std::launch::async, [&] {
    write_all(input.write_end.get(), text);
    input.write_end.reset();
  });
  auto echoed = std::async(std::launch::async, [&] {
    write_all(partner.there.get(), read_all(partner.there.get()));
    ::shutdown(partner.there.get(), SHUT_WR);
  });
  CHECK(read_all(output.read_end.get()) == text);
  const auto ended = result.get();
  CHECK(ended.forward.bytes == size);
  CHECK(ended.backward.bytes == size);
}

TEST_CASE("relay: packets keep their borders, also those without bytes") {
  TestPair a{SOCK_DGRAM};
  TestPair b{SOCK_DGRAM};
  auto result = start_relay(side_of(a), side_of(b), {.idle = 100ms});
  for (const std::string_view packet : {"one", "", "three"})
    REQUIRE(::send(a.there.get(), packet.data(), packet.size(), 0) >= 0);
  std::array<char, 100> buffer;
  CHECK(::recv(b.there.get(), buffer.data(), buffer.size(), 0) == 3);
  CHECK(::recv(b.there.get(), buffer.data(), buffer.size(), 0) == 0);
  CHECK(::recv(b.there.get(), buffer.data(), buffer.size(), 0) == 5);
  CHECK(result.get().reason == Reason::idle);
}

TEST_CASE("relay: silence after an end, and idleness, end it, and never early") {
  TestPair a;
  TestPair b;
  const auto begin = std::chrono::steady_clock::now();
  SECTION("idle") { CHECK(relay_of(side_of(a), side_of(b), {.idle = 50ms}).reason == Reason::idle); }
  SECTION("lingering") {
    ::shutdown(a.there.get(), SHUT_WR);
    auto awaited = side_of(b);
    awaited.half_close_timeout = 50ms;
    CHECK(relay_of(side_of(a), awaited, {.idle = 10s}).reason == Reason::lingered);
  }
  SECTION("the deadline") {
    CHECK(relay_of(side_of(a), side_of(b), {.deadline = Deadline::after(50ms)}).reason ==
          Reason::interrupted);
  }
  CHECK(std::chrono::steady_clock::now() - begin >= 50ms);
}

TEST_CASE("relay: a signal ends it") {
  TestPair a;
  TestPair b;
  const Interruption interruption{SIGUSR1};
  const auto signalled = when_asleep([] { ::kill(::getpid(), SIGUSR1); });
  const auto result = relay_of(side_of(a), side_of(b),
                               {.idle = 10s, .deadline = Deadline::never().interrupted_by(interruption)});
  CHECK(result.reason == Reason::interrupted);
}

TEST_CASE("relay: a filter sees and changes what passes") {
  TestPair a;
  TestPair b;
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
  TestPair a;
  TestPair b;
  auto result = start_relay(side_of(a), side_of(b));
  ::shutdown(b.there.get(), SHUT_RD);
  write_all(b.there.get(), "still here");
  write_all(a.there.get(), "lost");
  ::shutdown(b.there.get(), SHUT_WR);
  CHECK(read_all(a.there.get()) == "still here");
  CHECK_FALSE(result.get().forward.has_ended);
}

TEST_CASE("relay: what was read before comes first") {
  TestPair a;
  TestPair b;
  write_all(a.there.get(), "three");
  send_end(a.there);
  send_end(b.there);
  auto first = with_rules(side_of(a, Holders::we_alone), {}, {"one ", "", "two "});
  const auto result = relay_of(first, side_of(b), bounded({.block = GENERATE(as<std::size_t>{}, 0, 1, 3)}));
  CHECK(read_all(b.there.get()) == "one two three");
  CHECK(result.reason == Reason::ended);
  CHECK(result.forward.bytes == 13);
}

TEST_CASE("relay: what was read before can be all that there is") {
  TestPair b;
  Side text{.source = text_source("hello", "a text"), .name = "a text"};
  const auto result = relay_of(text, side_of(b), bounded());
  CHECK(read_all(b.there.get()) == "hello");
  CHECK(result.reason == Reason::ended);
  CHECK(result.forward.has_ended);
  CHECK_FALSE(result.backward.has_ended);
}

TEST_CASE("relay: packets that were read before keep their borders") {
  TestPair a{SOCK_DGRAM};
  TestPair b{SOCK_DGRAM};
  send_packets(a.there, {"four"});
  auto first = with_rules(side_of(a), {}, {"one", "", "three"});
  const auto result = relay_of(first, side_of(b), bounded({.idle = 0ns}));
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
  const auto result = relay_of(way.source, way.sink, bounded());
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
  way.source.source->set_rules({.length = 10});
  const auto result = relay_of(way.source, way.sink, bounded({.block = block}));
  CHECK(way.taken() == "0123456789");
  CHECK(result.reason == Reason::ended);
  CHECK(result.forward.has_ended);
  CHECK(result.forward.bytes == 10);
  way.feed.reset();
  CHECK(read_all(way.from.get()) == "rest");
}

TEST_CASE("relay: what was read before counts to the length") {
  TestPair a;
  TestPair b;
  write_all(a.there.get(), "defghi");
  const auto length = GENERATE(as<std::uint64_t>{}, 1, 2, 3, 5);
  auto first = with_rules(side_of(a), {.length = length}, {"ab", "c"});
  send_end(b.there);
  const auto result = relay_of(first, side_of(b), bounded());
  CHECK(result.reason == Reason::ended);
  CHECK(read_all(b.there.get()) == std::string{"abcdefghi"}.substr(0, length));
}

TEST_CASE("relay: no bytes at all are the end at once, also of a source that is silent") {
  const auto path = GENERATE(from_range(std::begin(paths), std::end(paths)));
  CAPTURE(path.name);
  OneWay way{path};
  const bool is_silent = GENERATE(true, false);
  if (!is_silent) way.give("unread");
  way.source.source->set_rules({.length = 0});
  const auto result = relay_of(way.source, way.sink, {.deadline = Deadline::after(1s)});
  CHECK(result.reason == Reason::ended);
  CHECK(result.forward.has_ended);
  CHECK(result.forward.bytes == 0);
}

TEST_CASE("relay: a byte that is the end, with more behind it") {
  TestPair a;
  TestPair b;
  const auto text = GENERATE(as<std::string>{},
                             "before\x03"
                             "after",
                             "\x03"
                             "after",
                             "\x03");
  write_all(a.there.get(), text);
  send_end(b.there);
  auto first = with_rules(side_of(a), {.escape = '\x03'});
  const auto result = relay_of(first, side_of(b), bounded({.block = GENERATE(as<std::size_t>{}, 0, 2)}));
  CHECK(result.reason == Reason::ended);
  CHECK(result.forward.has_ended);
  CHECK(read_all(b.there.get()) == text.substr(0, text.find('\x03')));
}

TEST_CASE("relay: a byte that is the end, as the last one of a source that then is silent") {
  TestPair a;
  TestPair b;
  write_all(a.there.get(), "text\x03");
  send_end(b.there);
  auto first = with_rules(side_of(a), {.escape = '\x03'});
  const auto result = relay_of(first, side_of(b), {.deadline = Deadline::after(1s)});
  CHECK(result.reason == Reason::ended);
  CHECK(result.forward.has_ended);
  CHECK(result.forward.bytes == 4);
}

TEST_CASE("relay: a byte that is the end counts in what was read before, too") {
  TestPair a;
  TestPair b;
  auto first = with_rules(side_of(a), {.escape = '\x03'}, {"text\x03more"});
  send_end(a.there);
  send_end(b.there);
  CHECK(relay_of(first, side_of(b), bounded()).reason == Reason::ended);
  CHECK(read_all(b.there.get()) == "text");
}

TEST_CASE("relay: a packet with the byte that is the end is the last one") {
  TestPair a{SOCK_DGRAM};
  TestPair b{SOCK_DGRAM};
  send_packets(a.there, {"one", "", "two\x03", "three"});
  auto first = with_rules(source_side(a.here), {.escape = '\x03'});
  const auto result = relay_of(first, sink_side(b.here), bounded());
  CHECK(result.reason == Reason::ended);
  CHECK(received_packets(b.there) == std::vector<std::string>{"one", "", "two"});
}

TEST_CASE("relay: the end of a file can be ignored, and what is appended follows") {
  const auto holders = GENERATE(Holders::we_alone, Holders::others);
  const auto file = make_file("one ");
  TestPair b;
  auto source = with_rules(source_side(file), {.length = 8, .follows = true});
  auto result = start_relay(std::move(source), sink_side(descriptor_of(b.here, holders)), bounded());
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
  TestPair b;
  auto source = with_rules(source_side(reader), {.length = 8, .follows = true});
  write_once("one ");
  auto result = start_relay(std::move(source), sink_side(b.here), bounded());
  CHECK(eventually([&] { return unread_in(b.there) == 4; }));
  write_once("two ");
  CHECK(read_all(b.there.get()) == "one two ");
  CHECK(result.get().reason == Reason::ended);
}

TEST_CASE("relay: who does not read any more ends also a way whose source has no end") {
  const auto file = make_file("text");
  auto source = with_rules(source_side(file), {.follows = true});
  const IgnoredSigpipe ignored;
  auto output = make_pipe();
  TestPair partner;
  const bool into_pipe = GENERATE(true, false);
  auto result =
      start_relay(std::move(source), sink_side(into_pipe ? output.write_end : partner.here), bounded());
  std::array<char, 4> got;
  REQUIRE(::read(into_pipe ? output.read_end.get() : partner.there.get(), got.data(), got.size()) == 4);
  output.read_end.reset();
  partner.there.reset();
  const auto ended = result.get();
  CHECK(ended.reason == Reason::ended);
  CHECK(ended.forward.errnum == EPIPE);
}

TEST_CASE("relay: a packet without bytes can be the end") {
  TestPair a{SOCK_DGRAM};
  TestPair b{SOCK_DGRAM};
  send_packets(a.there, {"one", "", "two"});
  auto first = with_rules(source_side(a.here), {.empty_packet_ends = true});
  auto second = sink_side(b.here);
  second.sink->set_end(Sink::End::packet);
  const auto result = relay_of(first, second, bounded());
  CHECK(result.reason == Reason::ended);
  CHECK(result.forward.has_ended);
  CHECK(result.forward.bytes == 3);
  CHECK(received_packets(b.there) == std::vector<std::string>{"one", ""});
  CHECK(received_packets(a.here) == std::vector<std::string>{"two"});
}

TEST_CASE("relay: a packet without bytes that was read before can be the end, too") {
  TestPair a{SOCK_DGRAM};
  TestPair b{SOCK_DGRAM};
  auto first = with_rules(source_side(a.here), {.empty_packet_ends = true}, {"one", "", "two"});
  const auto result = relay_of(first, sink_side(b.here), {.deadline = Deadline::after(1s)});
  CHECK(result.reason == Reason::ended);
  CHECK(received_packets(b.there) == std::vector<std::string>{"one"});
}

TEST_CASE("relay: the packets of those who are not to be heard are left out") {
  const auto here = open_socket(AF_INET, {.type = SOCK_DGRAM, .bind = SocketAddress::loopback(AF_INET)});
  const auto friendly = open_socket(AF_INET, {.type = SOCK_DGRAM, .bind = SocketAddress::loopback(AF_INET)});
  const auto strange = open_socket(AF_INET, {.type = SOCK_DGRAM, .bind = SocketAddress::loopback(AF_INET)});
  const auto at = local_address(here.get());
  const auto wanted = local_address(friendly.get());
  TestPair b{SOCK_DGRAM};
  for (const auto& [sender, text] : {std::pair{&strange, "no"}, std::pair{&friendly, "one"},
                                     std::pair{&strange, ""}, std::pair{&friendly, "two"}})
    send_to(sender->get(), bytes(text), at, Deadline::after(10s));
  const auto is_friend = [&](const SocketAddress& peer) { return peer == wanted; };
  Side first{.source = packet_source(descriptor_of(here), "the source", {.accepts = is_friend})};
  first.source->set_rules({.length = 6});
  const auto result = relay_of(first, sink_side(b.here), bounded());
  CHECK(received_packets(b.there) == std::vector<std::string>{"one", "two"});
  CHECK(result.forward.steps == 2);
  CHECK(result.reason == Reason::ended);
}

TEST_CASE("relay: packets that are not heard are no activity") {
  TestPair a{SOCK_DGRAM};
  TestPair b{SOCK_DGRAM};
  send_packets(a.there, {"one", "two"});
  auto first = side_of(a);
  first.source = packet_source(descriptor_of(a.here), "the source", {.accepts = [](auto&) { return false; }});
  const auto result = relay_of(first, side_of(b), bounded({.idle = 50ms}));
  CHECK(result.reason == Reason::idle);
  CHECK(result.forward.steps == 0);
  CHECK(received_packets(b.there).empty());
}

TEST_CASE("relay: packets go to an address, also faster than they are read there") {
  const bool is_unix = GENERATE(true, false);
  const auto address = is_unix ? scratch_abstract() : SocketAddress::loopback(AF_INET);
  const auto receiver = open_socket(address.family(), {.type = SOCK_DGRAM, .bind = address});
  const auto sender = open_socket(address.family(), {.type = SOCK_DGRAM});
  TestPair a{SOCK_DGRAM};
  constexpr std::size_t count = 100;  // more than the queue of a UNIX socket holds
  // Packets without bytes do not count, so each has one.
  auto source = with_rules(source_side(a.here), {.length = count});
  Side sink{.sink = packet_sink(descriptor_of(sender), "the sink", local_address(receiver.get()))};
  auto result = start_relay(std::move(source), std::move(sink), bounded());
  auto sent =
      std::async(std::launch::async, [&] { send_packets(a.there, std::vector<std::string>(count, "x")); });
  std::size_t received = 0;
  while (received < count && receive_text(receiver.get()) == "x") ++received;
  CHECK(received == count);
  CHECK(result.get().forward.steps == count);
}

TEST_CASE("relay: how long silence may last is a matter of the side that is awaited") {
  TestPair a;
  TestPair b;
  auto first = side_of(a);
  auto second = side_of(b);
  const bool is_first_awaited = GENERATE(true, false);
  (is_first_awaited ? first : second).half_close_timeout = 50ms;
  (is_first_awaited ? second : first).half_close_timeout = 0ms;
  send_end(is_first_awaited ? b.there : a.there);
  const auto begin = std::chrono::steady_clock::now();
  const auto result = relay_of(first, second, bounded());
  CHECK(result.reason == Reason::lingered);
  CHECK(std::chrono::steady_clock::now() - begin >= 50ms);
  CHECK(result.forward.has_ended == !is_first_awaited);
  CHECK(result.backward.has_ended == is_first_awaited);
}

TEST_CASE("relay: silence counts only once one way has ended, and anew after each step") {
  TestPair a;
  TestPair b;
  auto second = side_of(b);
  second.half_close_timeout = 100ms;
  int calls = 0;
  // Each byte of the answer comes when 60 ms have been silent.
  RelayOptions options = bounded({.notice_after = 60ms});
  options.on_silence = [&](const Side&) {
    if (++calls == 1) write_all(b.there.get(), "x");
  };
  send_end(a.there);
  const auto begin = std::chrono::steady_clock::now();
  const auto result = relay_of(side_of(a), second, options);
  CHECK(std::chrono::steady_clock::now() - begin >= 160ms);
  CHECK(result.reason == Reason::lingered);
  CHECK(result.backward.bytes == 1);
}

TEST_CASE("relay: after one way has ended, silence is reported once, with the awaited side") {
  TestPair a;
  TestPair b;
  auto second = side_of(b);
  second.name = "the silent one";
  second.half_close_timeout = 200ms;
  std::vector<std::string> told;
  RelayOptions options = bounded({.notice_after = 20ms});
  options.on_silence = [&](const Side& awaited) {
    told.push_back(awaited.name);
    if (told.size() == 1) write_all(b.there.get(), "not so silent");
  };
  send_end(a.there);
  CHECK(relay_of(side_of(a), second, options).reason == Reason::lingered);
  CHECK(told == std::vector<std::string>{"the silent one"});
}

TEST_CASE("relay: silence is not told of before one way has ended, nor where there is but one") {
  TestPair a;
  TestPair b;
  int calls = 0;
  RelayOptions options = bounded({.idle = 100ms, .notice_after = 10ms});
  options.on_silence = [&](const Side&) { ++calls; };
  SECTION("both go on") { CHECK(relay_of(side_of(a), side_of(b), options).reason == Reason::idle); }
  SECTION("one way alone") {
    CHECK(relay_of(source_side(a.here), sink_side(b.here), options).reason == Reason::idle);
  }
  CHECK(calls == 0);
}

TEST_CASE("relay: readers are told of the end in the manner of the sink") {
  TestPair a;
  TestPair b;
  write_all(a.there.get(), "text");
  send_end(a.there);
  SECTION("shut down") {
    auto sink = sink_side(b.here);
    relay_of(source_side(a.here), sink, bounded());
    CHECK(read_all(b.there.get()) == "text");
  }
  SECTION("nothing") {
    auto sink = sink_side(b.here);
    sink.sink->set_end(Sink::End::nothing);
    relay_of(source_side(a.here), sink, bounded());
    CHECK(read_some(b.there.get()) == "text");
    write_all(b.here.get(), "more");
    CHECK(read_some(b.there.get()) == "more");
  }
  SECTION("closed") {
    auto sink = sink_side(Descriptor::owned(std::move(b.here)));
    sink.sink->set_end(Sink::End::close);
    relay_of(source_side(a.here), sink, bounded());
    CHECK(read_all(b.there.get()) == "text");
    CHECK(sink.sink->fd() == -1);
  }
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

  TestPair a;
  write_all(a.there.get(), std::string(capacity, 'y'));
  send_end(a.there);
  Side sink{.sink = packet_sink(descriptor_of(sender), "the sink", to)};
  sink.sink->set_end(Sink::End::packet);
  auto result = start_relay(source_side(a.here), std::move(sink), bounded({.block = 1}));
  CHECK(eventually([&] { return unread_in(a.here) == 0; }));
  for (std::size_t i = 0; i < capacity; ++i) REQUIRE(receive_text(receiver.get()) == "y");
  CHECK(receive_text(receiver.get(), Deadline::after(1s)).empty());
  CHECK(result.get().forward.has_ended);
}

TEST_CASE("relay: sockets become non-blocking only where nobody else uses them") {
  const auto holders = GENERATE(Holders::we_alone, Holders::others);
  TestPair a;
  TestPair b;
  send_end(a.there);
  send_end(b.there);
  relay_of(side_of(a, holders), side_of(b, holders), bounded());
  CHECK(is_nonblocking(a.here) == (holders == Holders::we_alone));
  CHECK(is_nonblocking(b.here) == (holders == Holders::we_alone));
}

TEST_CASE("relay: a send buffer that was set stays as it is") {
  TestPair a;
  TestPair b;
  const auto size_of_buffer = [&] {
    int size = 0;
    socklen_t length = sizeof size;
    ::getsockopt(b.here.get(), SOL_SOCKET, SO_SNDBUF, &size, &length);
    return size;
  };
  const int wanted = 20'000;
  ::setsockopt(b.here.get(), SOL_SOCKET, SO_SNDBUF, &wanted, sizeof wanted);
  const int set = size_of_buffer();
  send_end(a.there);
  send_end(b.there);
  relay_of(side_of(a), side_of(b, Holders::we_alone), bounded());
  CHECK(size_of_buffer() == set);
}

TEST_CASE("relay: both ways at once between sockets that nobody else has") {
  TestPair a;
  TestPair b;
  auto result = start_relay(side_of(a, Holders::we_alone), side_of(b, Holders::we_alone), bounded());
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

TEST_CASE("relay: a pipe that is full does not hold up the other way, whoever else has it") {
  const auto holders = GENERATE(Holders::we_alone, Holders::others);
  TestPair a;
  auto input = make_pipe();
  auto output = make_pipe();
  RelayOptions options = bounded();
  if (GENERATE(false, true)) options.filter = [](auto, auto, auto&) { return false; };
  auto result =
      start_relay(side_of(a, holders), pipe_side(input.read_end, output.write_end, holders), options);
  const auto text = pattern(20'000'000);
  auto sent = std::async(std::launch::async, [&] {
    write_all(a.there.get(), text);
    send_end(a.there);
  });
  CHECK(eventually([&] { return is_full(a.there.get()); }));
  for (int i = 0; i < 3; ++i) {
    write_all(input.write_end.get(), "ping");
    std::array<char, 4> got;
    CHECK(::recv(a.there.get(), got.data(), got.size(), MSG_WAITALL) == 4);
  }
  if (holders == Holders::others) {
    CHECK_FALSE(is_nonblocking(output.write_end));
    CHECK_FALSE(is_nonblocking(input.read_end));
  }
  input.write_end.reset();
  CHECK(read_all(output.read_end.get()) == text);
  CHECK(result.get().reason == Reason::ended);
}

TEST_CASE("relay: bytes become packets of a block, and of 8 KiB by default") {
  TestPair a;
  TestPair b{GENERATE(SOCK_DGRAM, SOCK_SEQPACKET)};
  const auto text = pattern(20'000);
  const auto block = GENERATE(as<std::size_t>{}, 0, 6000, 20'000);
  write_all(a.there.get(), text);
  send_end(a.there);
  const auto result = relay_of(source_side(a.here), sink_side(b.here), bounded({.block = block}));
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
  TestPair a{SOCK_SEQPACKET};
  TestPair b;
  mark_packets(a.here.get());
  const auto large = pattern(100'000);
  send_packets(a.there, {"", "one", "", large, "two", ""});
  send_end(a.there);
  auto taken = std::async(std::launch::async, [&] { return read_all(b.there.get()); });
  const auto result = relay_of(source_side(a.here), sink_side(b.here), bounded());
  CHECK(taken.get() == "one" + large + "two");
  CHECK(result.forward.has_ended);
  CHECK(result.reason == Reason::ended);
}

TEST_CASE("relay: packets with an end keep empty ones, and the end passes on") {
  TestPair a{SOCK_SEQPACKET};
  TestPair b{SOCK_SEQPACKET};
  for (const auto* pair : {&a, &b}) {
    mark_packets(pair->here.get());
    mark_packets(pair->there.get());
  }
  auto result = start_relay(side_of(a), side_of(b), bounded());
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

TEST_CASE("relay: a reader that has gone, with something on its way") {
  const IgnoredSigpipe ignored;
  const auto path = GENERATE(from_range(std::begin(paths), std::end(paths)));
  CAPTURE(path.name);
  if (path.to == EndType::file) return;
  OneWay way{path};
  way.give("lost");
  way.feed.reset();
  way.result.reset();
  const auto result = relay(way.source, way.sink, bounded());
  CHECK(result.reason == Reason::ended);
  CHECK(result.forward.sink_gone);
  CHECK(result.forward.errnum == EPIPE);
  CHECK(result.forward.has_unsent);
  CHECK_FALSE(result.forward.has_ended);
  CHECK(result.forward.bytes == 0);
}

TEST_CASE("relay: after a reader has left, only the next byte of its source, or its end, ends the way") {
  const IgnoredSigpipe ignored;
  const auto path = GENERATE(from_range(std::begin(paths), std::end(paths)));
  CAPTURE(path.name);
  if (path.to == EndType::file || path.from == EndType::file) return;
  const bool has_more = GENERATE(true, false);
  OneWay way{path};
  const bool leaves_later = GENERATE(true, false);
  if (!leaves_later) way.result.reset();
  const auto peer = when_asleep([&, relay_thread = ::gettid()] {
    way.result.reset();
    eventually([&] { return is_asleep(relay_thread); });
    if (has_more) write_all(way.feed.get(), "lost");
    way.feed.reset();
  });
  const auto result = relay(way.source, way.sink, bounded());
  CHECK(result.reason == Reason::ended);
  CHECK(result.forward.sink_gone == has_more);
  CHECK(result.forward.has_unsent == has_more);
  CHECK(result.forward.has_ended == !has_more);
  CHECK(result.forward.errnum == (has_more ? EPIPE : 0));
  CHECK(result.forward.bytes == 0);
}

TEST_CASE("relay: a reader that need not read all ends its way as it leaves") {
  TestPair a;
  TestPair b;
  auto sink = sink_side(b.here);
  sink.sink->let_peer_leave();
  const auto goer = when_asleep([&] { b.there.reset(); });
  const auto result = relay_of(source_side(a.here), sink, bounded());
  CHECK(result.reason == Reason::ended);
  CHECK(result.forward.sink_gone);
  CHECK_FALSE(result.forward.has_unsent);
}

TEST_CASE("relay: a connection that has failed ends its way at once") {
  TestPair a;
  auto b = TestPair::over_tcp();
  const auto breaker = when_asleep([&] {
    constexpr linger at_once{1, 0};
    ::setsockopt(b.there.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    b.there.reset();
  });
  const auto result = relay_of(source_side(a.here), sink_side(b.here), bounded());
  CHECK(result.reason == Reason::ended);
  CHECK(result.forward.sink_gone);
  CHECK(result.forward.errnum == ECONNRESET);
  CHECK_FALSE(result.forward.has_unsent);
}

// What a client has sent before it went away without reading any answer, as much as there was room for. On a
// busy machine the relay may make room late.
std::size_t send_and_go(FileDescriptor& client) {
  const auto text = pattern(65536);
  std::size_t sent = 0;
  ::fcntl(client.get(), F_SETFL, O_NONBLOCK);
  for (pollfd entry{client.get(), POLLOUT, 0}; ::poll(&entry, 1, 1500) == 1;)
    if (const auto count = ::write(client.get(), text.data(), text.size()); count > 0)
      sent += static_cast<std::size_t>(count);
  client.reset();
  return sent;
}

TEST_CASE("relay: who serves a client that has gone gets all that it sent, and may go on answering") {
  const auto holders = GENERATE(Holders::we_alone, Holders::others);
  TestPair a;
  TestPair b;
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
  auto result = start_relay(side_of(a, holders), side_of(b, holders), bounded());
  const auto sent = send_and_go(a.there);
  const auto ended = result.get();
  b.here.reset();
  CHECK(ended.reason == Reason::ended);
  CHECK(ended.forward.bytes == sent);
  CHECK(ended.backward.has_unsent);
  CHECK(echo.get() == sent);
}

TEST_CASE("relay: who answers a client that has gone and never reads is given up") {
  TestPair a;
  TestPair b;
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
  TestPair a;
  auto pipe = make_pipe();
  Side both{source_of(pipe.read_end), sink_of(pipe.write_end), "a pipe"};
  auto result = start_relay(side_of(a), std::move(both), bounded());
  const auto sent = send_and_go(a.there);
  const auto ended = result.get();
  CHECK(ended.reason == Reason::ended);
  CHECK(ended.forward.bytes == sent);
}

TEST_CASE("relay: a packet to who has gone ends its way") {
  TestPair a{SOCK_SEQPACKET};
  TestPair b{SOCK_SEQPACKET};
  send_packets(a.there, {"lost"});
  b.there.reset();
  const auto result = relay_of(source_side(a.here), sink_side(b.here), bounded());
  CHECK(result.reason == Reason::ended);
  CHECK(result.forward.errnum == EPIPE);
  CHECK(result.forward.has_unsent);
}

TEST_CASE("relay: a source that was reset ends its way alone, after what came before it") {
  const auto holders = GENERATE(Holders::we_alone, Holders::others);
  const bool into_pipe = GENERATE(true, false);
  TestPair a;
  TestPair b;
  auto output = make_pipe();
  write_all(a.here.get(), "never read");
  write_all(a.there.get(), "last words");
  a.there.reset();
  auto second = side_of(b, holders);
  if (into_pipe) second.sink = sink_of(output.write_end);
  send_end(b.there);
  const auto result = relay_of(side_of(a, holders), second, bounded());
  CHECK(result.reason == Reason::ended);
  CHECK(result.forward.source_gone);
  CHECK_FALSE(result.forward.sink_gone);
  CHECK(result.forward.errnum == ECONNRESET);
  CHECK(result.forward.bytes == 10);
  CHECK_FALSE(result.forward.has_ended);
  second = {};
  output.write_end.reset();
  b.here.reset();
  CHECK(read_all(into_pipe ? output.read_end.get() : b.there.get()) == "last words");
}

TEST_CASE("relay: the reader of a source that was reset sees a reset, too, over TCP") {
  TestPair a;
  auto b = TestPair::over_tcp();
  write_all(a.here.get(), "never read");
  write_all(a.there.get(), "last words");
  a.there.reset();
  auto result = start_relay(source_side(a.here), sink_side(Descriptor::owned(std::move(b.here))), bounded());
  CHECK(result.get().forward.source_gone);
  std::array<char, 100> buffer;
  ssize_t count = 0;
  while ((count = ::recv(b.there.get(), buffer.data(), buffer.size(), 0)) > 0) continue;
  CHECK(count == -1);
  CHECK(errno == ECONNRESET);
}

TEST_CASE("relay: a source of packets that was reset ends its way alone") {
  TestPair a{SOCK_SEQPACKET};
  TestPair b{SOCK_SEQPACKET};
  send_packets(a.here, {"never read"});
  a.there.reset();
  send_end(b.there);
  std::optional<RelayResult> result;
  CHECK_NOTHROW(result = relay_of(side_of(a), side_of(b), bounded()));
  REQUIRE(result);
  CHECK(result->reason == Reason::ended);
  CHECK(result->forward.errnum == ECONNRESET);
  CHECK_FALSE(result->forward.has_ended);
  CHECK(result->backward.has_ended);
}

TEST_CASE("relay: a connection of TCP that is reset") {
  auto a = TestPair::over_tcp();
  TestPair b;
  auto result = start_relay(side_of(a), side_of(b), bounded());
  write_all(a.there.get(), "x");
  CHECK(eventually([&] { return unread_in(b.there) == 1; }));
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
  const auto give_up = [](Side source) {
    TestPair b{source.source->medium() == Medium::packets ? SOCK_SEQPACKET : SOCK_STREAM};
    const auto result = relay_of(source, sink_side(b.here), {.deadline = Deadline::immediate()});
    CHECK(result.reason == Reason::interrupted);
    CHECK(result.forward.bytes == 0);
    return result.forward.has_unsent;
  };
  TestPair stream;
  TestPair datagrams{SOCK_DGRAM};
  TestPair packets{SOCK_SEQPACKET};
  auto pipe = make_pipe();
  SECTION("nothing is there") {
    CHECK_FALSE(give_up(source_side(stream.here)));
    CHECK_FALSE(give_up(source_side(datagrams.here)));
    CHECK_FALSE(give_up(source_side(packets.here)));
    CHECK_FALSE(give_up(source_side(pipe.read_end)));
    CHECK_FALSE(give_up(source_side(make_file())));
  }
  SECTION("an end is there") {
    send_end(stream.there);
    send_end(packets.there);
    pipe.write_end.reset();
    CHECK_FALSE(give_up(source_side(stream.here)));
    CHECK_FALSE(give_up(source_side(packets.here)));
    CHECK_FALSE(give_up(source_side(pipe.read_end)));
  }
  SECTION("bytes are there") {
    write_all(stream.there.get(), "x");
    send_packets(datagrams.there, {"x"});
    send_packets(packets.there, {"x"});
    write_all(pipe.write_end.get(), "x");
    const auto file = make_file("x");
    CHECK(give_up(source_side(stream.here)));
    CHECK(give_up(source_side(datagrams.here)));
    CHECK(give_up(source_side(packets.here)));
    CHECK(give_up(source_side(pipe.read_end)));
    CHECK(give_up(source_side(file)));
    CHECK(read_some(stream.here.get()) == "x");  // it was looked at alone
  }
  SECTION("a packet without bytes is there") {
    send_packets(datagrams.there, {""});
    CHECK(give_up(source_side(datagrams.here)));
  }
  SECTION("something was read before") {
    CHECK(give_up({.source = text_source("x", "a text"), .name = "a text"}));
  }
}

TEST_CASE("relay: a null device has nothing unread when it gives up") {
  TestPair b;
  const FileDescriptor null{::open("/dev/null", O_RDWR | O_CLOEXEC)};
  auto source = with_rules(source_side(null), {.follows = true});
  std::optional<RelayResult> result;
  CHECK_NOTHROW(result = relay_of(source, sink_side(b.here), bounded({.idle = 50ms})));
  REQUIRE(result);
  CHECK(result->reason == Reason::idle);
  CHECK_FALSE(result->forward.has_unsent);
}

TEST_CASE("relay: the length counts what was written, also to a file to which splice(2) does not go") {
  const FileDescriptor name{::open("/proc/thread-self/comm", O_RDWR | O_CLOEXEC)};
  REQUIRE(name.is_open());
  const auto old = read_all(name.get());
  const auto path = paths[GENERATE(1, 5)];  // from a socket, from a pipe
  CAPTURE(path.name);
  OneWay way{path};
  way.give("renamed, rest");
  way.source.source->set_rules({.length = 7});
  const auto result = relay_of(way.source, sink_side(name), {.deadline = Deadline::after(1s)});
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
  const auto result = relay_of(way.source, way.sink, {.idle = 200ms, .deadline = Deadline::after(10s)});
  CHECK(result.reason == Reason::idle);
  CHECK(result.forward.has_unsent);
  CHECK(result.forward.bytes > 0);
  CHECK(unread_in(way.result) == result.forward.bytes);
  way.source = {};  // so that the writer ends
  way.from.reset();
}

TEST_CASE("relay: progress is told after each step, and what it tells is the result") {
  TestPair a;
  TestPair b;
  write_all(a.there.get(), pattern(100));
  write_all(b.there.get(), pattern(30));
  send_end(a.there);
  send_end(b.there);
  std::vector<std::pair<PumpCount, PumpCount>> told;
  RelayOptions options = bounded({.block = 10});
  options.progress = [&](const PumpCount& forward, const PumpCount& backward) {
    told.emplace_back(forward, backward);
  };
  const auto result = relay_of(side_of(a), side_of(b), options);
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
  TestPair a;
  TestPair b;
  write_all(a.there.get(), pattern(1000));
  send_end(a.there);
  const RelayOptions options = bounded({.block = 100, .filter = [](auto, auto, std::string& replacement) {
                                          replacement.clear();
                                          return true;
                                        }});
  const auto result = relay_of(source_side(a.here), sink_side(b.here), options);
  CHECK(result.reason == Reason::ended);
  CHECK(result.forward.has_ended);
  CHECK(result.forward.bytes == 0);
  CHECK(read_all(b.there.get()).empty());
}

TEST_CASE("relay: so many bytes are the end, also when a filter lets none of the last ones pass") {
  TestPair a;
  TestPair b;
  write_all(a.there.get(), "ab\r");
  const auto without_returns = [](auto, std::span<const std::byte> data, std::string& replacement) {
    replacement.clear();
    for (const auto byte : data)
      if (static_cast<char>(byte) != '\r') replacement += static_cast<char>(byte);
    return true;
  };
  auto source = with_rules(source_side(a.here), {.length = 3});
  const auto result = relay_of(source, sink_side(b.here),
                               {.block = 1, .deadline = Deadline::after(1s), .filter = without_returns});
  CHECK(result.reason == Reason::ended);
  CHECK(result.forward.has_ended);
  CHECK(result.forward.bytes == 2);
}

TEST_CASE("relay: a filter may make more of it, and sees each packet alone") {
  TestPair a{SOCK_DGRAM};
  TestPair b{SOCK_DGRAM};
  send_packets(a.there, {"a", "", "bc"});
  std::vector<std::size_t> seen;
  RelayOptions options = bounded({.idle = 0ns});
  options.filter = [&](Direction, std::span<const std::byte> data, std::string& replacement) {
    seen.push_back(data.size());
    replacement.assign(data.size() * 1000, 'x');
    return true;
  };
  const auto result = relay_of(side_of(a), side_of(b), options);
  CHECK(seen == std::vector<std::size_t>{1, 0, 2});
  CHECK(received_packets(b.there) ==
        std::vector<std::string>{std::string(1000, 'x'), "", std::string(2000, 'x')});
  CHECK(result.forward.bytes == 3000);
}

TEST_CASE("relay: a descriptor can be both source and destination, as of an echo") {
  const auto holders = GENERATE(Holders::we_alone, Holders::others);
  TestPair a;
  const auto socket = descriptor_of(a.here, holders);
  auto result = start_relay(source_side(socket), sink_side(socket), bounded());
  const auto text = pattern(1'000'000);
  auto sent = std::async(std::launch::async, [&] {
    write_all(a.there.get(), text);
    send_end(a.there);
  });
  CHECK(read_all(a.there.get()) == text);
  CHECK(result.get().forward.has_ended);
}

TEST_CASE("relay: two different sides may be one connection") {
  TestPair a;
  auto input = make_pipe();
  auto output = make_pipe();
  // What comes in on the pipe goes to the socket, and what comes from there to the other pipe.
  auto pipes = pipe_side(input.read_end, output.write_end);
  write_all(input.write_end.get(), "question");
  input.write_end.reset();
  auto result = start_relay(std::move(pipes), side_of(a, Holders::we_alone), bounded());
  CHECK(read_all(a.there.get()) == "question");
  write_all(a.there.get(), "answer");
  a.there.reset();
  CHECK(read_all(output.read_end.get()) == "answer");
  CHECK(result.get().reason == Reason::ended);
}

TEST_CASE("relay: what somebody else has read meanwhile is not waited for in a busy loop") {
  auto input = make_pipe();
  auto output = make_pipe();
  ::fcntl(output.write_end.get(), F_SETPIPE_SZ, 1024 * 1024);
  set_nonblocking(output.write_end);
  const std::string page(4096, 'x');
  while (::write(output.write_end.get(), page.data(), page.size()) > 0) continue;
  write_all(input.write_end.get(), "stolen");
  const auto thief = when_asleep([&] {
    std::array<char, 6> stolen;
    CHECK(::read(input.read_end.get(), stolen.data(), stolen.size()) == 6);
    std::string all(1024 * 1024, '\0');
    CHECK(::read(output.read_end.get(), all.data(), all.size()) > 0);
  });
  rusage begin;
  ::getrusage(RUSAGE_THREAD, &begin);
  const auto result = relay_of(source_side(input.read_end), sink_side(output.write_end),
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
  TestPair a;
  SECTION("reading") {
    const FileDescriptor directory{::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    const auto error = error_of([&] { relay_of(source_side(directory), side_of(a), bounded()); });
    CHECK(error.attempt() == "cannot read the source");
    CHECK(error.code() == std::errc::is_a_directory);
  }
  SECTION("writing") {
    write_all(a.there.get(), "x");
    const FileDescriptor file{::open("/dev/full", O_WRONLY | O_CLOEXEC)};
    const auto error = error_of([&] { relay_of(source_side(a.here), sink_side(file), bounded()); });
    CHECK(error.attempt() == "cannot write the sink");
    CHECK(error.code() == std::errc::no_space_on_device);
  }
  SECTION("a packet that is too long") {
    const auto receiver = deaf_socket(AF_INET);
    const auto bound = open_socket(AF_INET, {.type = SOCK_DGRAM, .bind = SocketAddress::loopback(AF_INET)});
    const auto sender = open_socket(AF_INET, {.type = SOCK_DGRAM});
    Side sink{.sink = packet_sink(descriptor_of(sender), "the sink", local_address(bound.get()))};
    write_all(a.there.get(), pattern(70'000));
    const auto error = error_of([&] { relay_of(source_side(a.here), sink, bounded({.block = 70'000})); });
    CHECK(error.attempt() == "cannot write the sink");
    CHECK(error.code() == std::errc::message_size);
  }
}

TEST_CASE("relay: what a filter throws ends it") {
  TestPair a;
  TestPair b;
  write_all(a.there.get(), "x");
  RelayOptions options = bounded();
  options.filter = [&](auto, auto, auto&) -> bool { throw Error{ENOSPC, "cannot keep a record"}; };
  CHECK(error_of([&] { relay_of(side_of(a), side_of(b), options); }).attempt() == "cannot keep a record");
}
