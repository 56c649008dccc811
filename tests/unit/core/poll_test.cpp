#include <ipcutils/poll.hpp>

#include <signal.h>

#include <array>
#include <ipcutils/interruption.hpp>

#include "catch.hpp"
#include "channel.hpp"
#include "error_of.hpp"
#include "processes.hpp"

using namespace ipcutils;
using namespace std::chrono_literals;

TEST_CASE("poll: what is ready is told at once, whatever the deadline") {
  const auto channel = GENERATE(false, true) ? make_pipe() : make_socketpair();
  for (const auto& deadline : {Deadline::immediate(), Deadline::after(1min), Deadline::never()})
    CHECK(poll_until(channel.in.get(), POLLOUT, deadline));
  CHECK_FALSE(poll_until(channel.out.get(), POLLIN, Deadline::immediate()));
  write_all(channel.in.get(), "x");
  for (const auto& deadline : {Deadline::immediate(), Deadline::after(1min), Deadline::never()})
    CHECK(poll_until(channel.out.get(), POLLIN, deadline));
}

TEST_CASE("poll: of several descriptors it tells which, in revents, and leaves out negative ones") {
  const auto first = make_pipe();
  const auto second = make_pipe();
  std::array<pollfd, 3> entries{
      {{first.out.get(), POLLIN, 0}, {second.out.get(), POLLIN, 0}, {-1, POLLIN, 0}}};
  CHECK_FALSE(poll_until(entries, Deadline::immediate()));
  write_all(second.in.get(), "x");
  CHECK(poll_until(entries, Deadline::never()));
  CHECK(entries[0].revents == 0);
  CHECK(entries[1].revents == POLLIN);
  CHECK(entries[2].revents == 0);
}

TEST_CASE("poll: an end, and a reader that is gone, are told, even if no event is asked for") {
  auto channel = make_pipe();
  SECTION("of the writer") {
    channel.in.reset();
    pollfd entry{channel.out.get(), 0, 0};
    CHECK(poll_until({&entry, 1}, Deadline::never()));
    CHECK(entry.revents == POLLHUP);
    CHECK(poll_until(channel.out.get(), POLLIN, Deadline::never()));
  }
  SECTION("of the reader") {
    channel.out.reset();
    pollfd entry{channel.in.get(), 0, 0};
    CHECK(poll_until({&entry, 1}, Deadline::never()));
    CHECK(entry.revents == POLLERR);
  }
}

TEST_CASE("poll: files and devices are always ready") {
  const auto file = make_file();
  const FileDescriptor null{::open("/dev/null", O_RDWR | O_CLOEXEC)};
  for (const int fd : {file.get(), null.get()})
    for (const short events : {short{POLLIN}, short{POLLOUT}})
      CHECK(poll_until(fd, events, Deadline::never()));
}

TEST_CASE("poll: a descriptor that is not open is told as ready, so that the call that uses it fails") {
  auto channel = make_pipe();
  const int fd = channel.out.get();
  channel.out.reset();
  CHECK(poll_until(fd, POLLIN, Deadline::never()));
}

TEST_CASE("poll: it waits for what comes, and what comes in time is not too late") {
  const auto channel = make_pipe();
  const auto deadline = GENERATE(true, false) ? Deadline::never() : Deadline::after(1min);
  const auto writer = when_asleep([&] { write_all(channel.in.get(), "x"); });
  CHECK(poll_until(channel.out.get(), POLLIN, deadline));
  writer.wait();
}

TEST_CASE("poll: no wait hangs or returns early, however close its deadline is") {
  const auto channel = make_pipe();
  int early = 0;
  for (int i = 0; i < 1'000; ++i) {
    const Duration duration{i * 7919 % 60'000};
    const auto begin = std::chrono::steady_clock::now();
    const bool is_ready = poll_until(channel.out.get(), POLLIN, Deadline::after(duration));
    if (is_ready || std::chrono::steady_clock::now() - begin < duration) ++early;
  }
  CHECK(early == 0);
  for (const auto duration : {Duration{1ms}, Duration{1ms + 1ns}, Duration{2500us}, Duration{12ms}}) {
    const auto begin = std::chrono::steady_clock::now();
    CHECK_FALSE(poll_until(channel.out.get(), POLLIN, Deadline::after(duration)));
    CHECK(std::chrono::steady_clock::now() - begin >= duration);
  }
}

TEST_CASE("poll: a signal of an interruption ends it, any other one does not") {
  const auto channel = make_pipe();
  SECTION("of the interruption") {
    const Interruption interruption{SIGUSR1};
    for (const auto& deadline : {Deadline::never(), Deadline::after(1min)}) {
      const auto sender = when_asleep([] { ::kill(::getpid(), SIGUSR1); });
      CHECK_FALSE(poll_until(channel.out.get(), POLLIN, deadline.interrupted_by(interruption)));
      sender.wait();
    }
    write_all(channel.in.get(), "x");  // what is ready is ready
    CHECK(poll_until(channel.out.get(), POLLIN, Deadline::never().interrupted_by(interruption)));
  }
  SECTION("another one") {
    struct sigaction action {
    }, old;
    action.sa_handler = [](int) {};
    ::sigaction(SIGUSR2, &action, &old);
    const auto begin = std::chrono::steady_clock::now();
    const auto sender = when_asleep([self = ::pthread_self()] { ::pthread_kill(self, SIGUSR2); });
    CHECK_FALSE(poll_until(channel.out.get(), POLLIN, Deadline::after(20ms)));
    CHECK(std::chrono::steady_clock::now() - begin >= 20ms);
    sender.wait();
    ::sigaction(SIGUSR2, &old, nullptr);
  }
}

TEST_CASE("poll: a signal at any moment around its beginning ends it") {
  const auto channel = make_pipe();
  Interruption interruption{SIGUSR1};
  constexpr int rounds = 300;
  std::atomic<int> round = 0;
  const auto sender = std::async(std::launch::async, [&round, waiting = ::pthread_self()] {
    for (int next = 1; next <= rounds; ++next) {
      while (round < next) continue;
      for (std::atomic<int> spin = 0; spin < next * 50; ++spin) continue;
      ::pthread_kill(waiting, SIGUSR1);
    }
  });
  int ended = 0;
  while (round < rounds) {
    ++round;
    if (!poll_until(channel.out.get(), POLLIN, Deadline::never().interrupted_by(interruption))) ++ended;
    interruption.reset();
  }
  CHECK(ended == rounds);
}
