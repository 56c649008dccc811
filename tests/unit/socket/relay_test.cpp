#include <ipcutils/relay.hpp>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <future>
#include <ipcutils/file_descriptor.hpp>
#include <ipcutils/interruption.hpp>
#include <random>

#include "catch.hpp"
#include "processes.hpp"

using namespace ipcutils;
using namespace std::chrono_literals;

namespace {

struct SocketPair {
  explicit SocketPair(int type = SOCK_STREAM) {
    std::array<int, 2> ends;
    require_call(::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends.data()), "socketpair");
    here.reset(ends[0]);
    there.reset(ends[1]);
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
