#include <ipcutils/delivery.hpp>

#include <sys/socket.h>

#include <atomic>
#include <future>
#include <ipcutils/interruption.hpp>
#include <string>

#include "catch.hpp"
#include "processes.hpp"
#include "transfer/ends.hpp"

using namespace ipcutils;
using namespace std::chrono_literals;

namespace {

void send_end(const FileDescriptor& socket) { require_call(::shutdown(socket.get(), SHUT_WR), "shutdown"); }

std::string read_some(int fd) {
  std::string text(100'000, '\0');
  const auto count = ::recv(fd, text.data(), text.size(), MSG_DONTWAIT);
  text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return text;
}

Duration time_of_delivery(int socket, AwaitedEnd until, Duration grace, const Deadline& deadline) {
  const auto begin = std::chrono::steady_clock::now();
  await_delivery(socket, until, grace, deadline);
  return std::chrono::steady_clock::now() - begin;
}

}  // namespace

TEST_CASE("delivery: with nothing unread, what was sent is not waited for") {
  TestPair pair;
  CHECK(time_of_delivery(pair.here.get(), AwaitedEnd::sent, 10s, Deadline::after(10s)) < 5s);
  auto over_tcp = TestPair::over_tcp();
  write_all(over_tcp.here.get(), "not read over there");
  CHECK(time_of_delivery(over_tcp.here.get(), AwaitedEnd::sent, 10s, Deadline::after(10s)) < 5s);
}

TEST_CASE("delivery: a UNIX peer that closes before it has read everything is an error") {
  TestPair pair;
  write_all(pair.here.get(), "not read over there");
  write_all(pair.there.get(), "unread");
  const auto goer = when_asleep([&] { pair.there.reset(); });
  const auto delivery = await_delivery(pair.here.get(), AwaitedEnd::ended, 10s, Deadline::after(10s));
  CHECK(delivery.errnum == ECONNRESET);
}

TEST_CASE("delivery: a TCP peer that resets is an error, with the number of unacknowledged bytes") {
  auto pair = TestPair::over_tcp();
  fill(pair.here.get());
  send_end(pair.here);
  const auto goer = when_asleep([&] {
    constexpr linger at_once{1, 0};
    ::setsockopt(pair.there.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    pair.there.reset();
  });
  const auto delivery = await_delivery(pair.here.get(), AwaitedEnd::ended, 10s, Deadline::after(10s));
  CHECK(delivery.errnum == ECONNRESET);
}

TEST_CASE("delivery: what is unread is thrown away, and the end of the other side ends it") {
  TestPair pair;
  const auto until = GENERATE(AwaitedEnd::sent, AwaitedEnd::ended);
  write_all(pair.there.get(), pattern(100'000));
  send_end(pair.there);
  CHECK(time_of_delivery(pair.here.get(), until, 10s, Deadline::after(10s)) < 5s);
  char byte;
  CHECK(::recv(pair.here.get(), &byte, 1, MSG_DONTWAIT) == 0);
}

TEST_CASE("delivery: with something unread it goes on until the other side has all") {
  TestPair pair;
  write_all(pair.there.get(), "unread");
  SECTION("which it has") {
    CHECK(time_of_delivery(pair.here.get(), AwaitedEnd::sent, 10s, Deadline::after(10s)) < 5s);
  }
  SECTION("which it does not read") {
    write_all(pair.here.get(), "under way");
    CHECK(time_of_delivery(pair.here.get(), AwaitedEnd::sent, 10s, Deadline::after(100ms)) >= 100ms);
  }
  SECTION("which it reads late") {
    write_all(pair.here.get(), "under way");
    const auto reader = when_asleep([&] { CHECK(read_some(pair.there.get()) == "under way"); });
    CHECK(time_of_delivery(pair.here.get(), AwaitedEnd::sent, 10s, Deadline::after(10s)) < 5s);
  }
  CHECK(read_some(pair.here.get()).empty());
}

TEST_CASE("delivery: silence lasts for the grace, whether the other side has all or takes nothing") {
  TestPair pair;
  if (GENERATE(true, false)) write_all(pair.here.get(), "under way");
  const auto time = time_of_delivery(pair.here.get(), AwaitedEnd::ended, 60ms, Deadline::after(10s));
  CHECK(time >= 60ms);
  CHECK(time < 5s);
}

TEST_CASE("delivery: the grace begins again with whatever the other side takes") {
  TestPair pair;
  for (int i = 0; i < 3; ++i) write_all(pair.here.get(), std::string(100'000, 'x').substr(0, 20'000));
  auto reader = std::async(std::launch::async, [&] {
    std::string buffer(20'000, 0);
    for (int i = 0; i < 3; ++i) {
      std::this_thread::sleep_for(60ms);
      if (::recv(pair.there.get(), buffer.data(), buffer.size(), MSG_WAITALL) != 20'000) return false;
    }
    return true;
  });
  CHECK(time_of_delivery(pair.here.get(), AwaitedEnd::ended, 100ms, Deadline::after(10s)) >= 200ms);
  CHECK(reader.get());
}

TEST_CASE("delivery: what the other side goes on sending does not lengthen the grace") {
  TestPair pair;
  std::atomic<bool> is_over = false;
  auto sender = std::async(std::launch::async, [&] {
    while (!is_over && ::send(pair.there.get(), "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
      std::this_thread::sleep_for(1ms);
  });
  CHECK(time_of_delivery(pair.here.get(), AwaitedEnd::ended, 50ms, Deadline::after(10s)) < 5s);
  is_over = true;
}

TEST_CASE("delivery: the deadline ends it, and a signal") {
  TestPair pair;
  write_all(pair.here.get(), "under way");
  SECTION("the deadline") {
    const auto time = time_of_delivery(pair.here.get(), AwaitedEnd::ended, 10s, Deadline::after(50ms));
    CHECK(time >= 50ms);
    CHECK(time < 5s);
  }
  SECTION("one that has passed") {
    write_all(pair.there.get(), "x");
    await_delivery(pair.here.get(), AwaitedEnd::ended, 10s, Deadline::immediate());
    CHECK(read_some(pair.here.get()) == "x");
  }
  SECTION("a signal") {
    const Interruption interruption{SIGUSR1};
    const auto signalled = when_asleep([] { ::kill(::getpid(), SIGUSR1); });
    CHECK(time_of_delivery(pair.here.get(), AwaitedEnd::ended, 10s,
                           Deadline::after(10s).interrupted_by(interruption)) < 5s);
  }
}

TEST_CASE("delivery: who has gone is not waited for") {
  TestPair pair;
  write_all(pair.here.get(), "never read");
  pair.there.reset();
  CHECK(time_of_delivery(pair.here.get(), AwaitedEnd::ended, 10s, Deadline::after(10s)) < 5s);
}

TEST_CASE("delivery: a client of TCP that still sends gets all of the answer") {
  auto pair = TestPair::over_tcp();
  const auto answer = pattern(200'000);
  auto client = std::async(std::launch::async, [&] {
    write_all(pair.there.get(), pattern(100'000));  // more than anybody reads
    auto got = read_all(pair.there.get());
    send_end(pair.there);
    return got;
  });
  write_all(pair.here.get(), answer);
  send_end(pair.here);
  await_delivery(pair.here.get(), AwaitedEnd::ended, 2s, Deadline::after(10s));
  pair.here.reset();
  CHECK(client.get() == answer);
}
