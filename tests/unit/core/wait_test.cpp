#include <ipcutils/wait.hpp>

#include <signal.h>

#include <array>
#include <ipcutils/interruption.hpp>

#include "catch.hpp"
#include "channel.hpp"
#include "error_of.hpp"
#include "processes.hpp"

using namespace ipcutils;
using namespace std::chrono_literals;

TEST_CASE("wait: what is ready is told at once, whatever the deadline") {
  const auto channel = GENERATE(false, true) ? make_pipe() : make_socketpair();
  for (const auto& deadline : {Deadline::immediate(), Deadline::after(1min), Deadline::never()})
    CHECK(wait_for_event(channel.write_end.get(), POLLOUT, deadline) == Waited::ready);
  CHECK(wait_for_event(channel.read_end.get(), POLLIN, Deadline::immediate()) == Waited::timed_out);
  write_all(channel.write_end.get(), "x");
  for (const auto& deadline : {Deadline::immediate(), Deadline::after(1min), Deadline::never()})
    CHECK(wait_for_event(channel.read_end.get(), POLLIN, deadline) == Waited::ready);
}

TEST_CASE("wait: of several descriptors it tells which, in revents, and leaves out negative ones") {
  const auto first = make_pipe();
  const auto second = make_pipe();
  std::array<pollfd, 3> entries{
      {{first.read_end.get(), POLLIN, 0}, {second.read_end.get(), POLLIN, 0}, {-1, POLLIN, 0}}};
  CHECK(wait_for_events(entries, Deadline::immediate()) == Waited::timed_out);
  write_all(second.write_end.get(), "x");
  CHECK(wait_for_events(entries, Deadline::never()) == Waited::ready);
  CHECK(entries[0].revents == 0);
  CHECK(entries[1].revents == POLLIN);
  CHECK(entries[2].revents == 0);
}

TEST_CASE("wait: an end, and a reader that is gone, are told, even if no event is asked for") {
  auto channel = make_pipe();
  SECTION("of the writer") {
    channel.write_end.reset();
    pollfd entry{channel.read_end.get(), 0, 0};
    CHECK(wait_for_events({&entry, 1}, Deadline::never()) == Waited::ready);
    CHECK(entry.revents == POLLHUP);
    CHECK(wait_for_event(channel.read_end.get(), POLLIN, Deadline::never()) == Waited::ready);
  }
  SECTION("of the reader") {
    channel.read_end.reset();
    pollfd entry{channel.write_end.get(), 0, 0};
    CHECK(wait_for_events({&entry, 1}, Deadline::never()) == Waited::ready);
    CHECK(entry.revents == POLLERR);
  }
}

TEST_CASE("wait: files and devices are always ready") {
  const auto file = make_file();
  const FileDescriptor null{::open("/dev/null", O_RDWR | O_CLOEXEC)};
  for (const int fd : {file.get(), null.get()})
    for (const short events : {short{POLLIN}, short{POLLOUT}})
      CHECK(wait_for_event(fd, events, Deadline::never()) == Waited::ready);
}

TEST_CASE("wait: a descriptor that is not open is told as ready, so that the call that uses it fails") {
  auto channel = make_pipe();
  const int fd = channel.read_end.get();
  channel.read_end.reset();
  CHECK(wait_for_event(fd, POLLIN, Deadline::never()) == Waited::ready);
}

TEST_CASE("wait: it waits for what comes, and what comes in time is not too late") {
  const auto channel = make_pipe();
  const auto deadline = GENERATE(true, false) ? Deadline::never() : Deadline::after(1min);
  const auto writer = when_asleep([&] { write_all(channel.write_end.get(), "x"); });
  CHECK(wait_for_event(channel.read_end.get(), POLLIN, deadline) == Waited::ready);
  writer.wait();
}

TEST_CASE("wait: a pause lasts until its deadline") {
  for (const auto duration : {Duration{0}, Duration{1ms}, Duration{12ms}}) {
    const auto begin = std::chrono::steady_clock::now();
    CHECK(pause_until(Deadline::after(duration)) == Waited::timed_out);
    CHECK(std::chrono::steady_clock::now() - begin >= duration);
  }
}

TEST_CASE("wait: a signal of an interruption ends it, any other one does not") {
  const auto channel = make_pipe();
  SECTION("of the interruption") {
    Interruption interruption{SIGUSR1};
    for (const auto& deadline : {Deadline::never(), Deadline::after(1min)}) {
      const auto sender = when_asleep([] { ::kill(::getpid(), SIGUSR1); });
      CHECK(wait_for_event(channel.read_end.get(), POLLIN, deadline.interrupted_by(interruption)) ==
            Waited::interrupted);
      sender.wait();
      interruption.reset();
    }
  }
  SECTION("another one") {
    struct sigaction action {
    }, old;
    action.sa_handler = [](int) {};
    ::sigaction(SIGUSR2, &action, &old);
    const auto begin = std::chrono::steady_clock::now();
    const auto sender = when_asleep([self = ::pthread_self()] { ::pthread_kill(self, SIGUSR2); });
    CHECK(wait_for_event(channel.read_end.get(), POLLIN, Deadline::after(20ms)) == Waited::timed_out);
    CHECK(std::chrono::steady_clock::now() - begin >= 20ms);
    sender.wait();
    ::sigaction(SIGUSR2, &old, nullptr);
  }
}

TEST_CASE(
    "wait: a signal that has come counts more than what is ready, and than a deadline that has passed") {
  const auto channel = make_pipe();
  write_all(channel.write_end.get(), "x");
  Interruption interruption{SIGUSR1};
  ::raise(SIGUSR1);
  for (const auto& deadline : {Deadline::never(), Deadline::immediate()}) {
    CHECK(wait_for_event(channel.read_end.get(), POLLIN, deadline.interrupted_by(interruption)) ==
          Waited::interrupted);
    CHECK(pause_until(deadline.interrupted_by(interruption)) == Waited::interrupted);
  }
  // Who has not asked for it is not told.
  CHECK(wait_for_event(channel.read_end.get(), POLLIN, Deadline::never()) == Waited::ready);
  interruption.reset();
  CHECK(wait_for_event(channel.read_end.get(), POLLIN, Deadline::never().interrupted_by(interruption)) ==
        Waited::ready);
}

TEST_CASE("wait: a stream of data does not keep a signal from being seen") {
  const FileDescriptor zero{::open("/dev/zero", O_RDONLY | O_CLOEXEC)};
  const Interruption interruption{SIGUSR1};
  const auto sender = std::async(std::launch::async, [] { ::kill(::getpid(), SIGUSR1); });
  const auto deadline = Deadline::after(10s).interrupted_by(interruption);
  while (wait_for_event(zero.get(), POLLIN, deadline) == Waited::ready && !deadline.has_passed()) continue;
  CHECK(interruption.signal() == SIGUSR1);
}
