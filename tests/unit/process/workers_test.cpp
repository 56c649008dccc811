#include <ipcutils/workers.hpp>

#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <ipcutils/wait.hpp>

#include "catch.hpp"
#include "processes.hpp"

using namespace ipcutils;
using namespace std::chrono_literals;

namespace {

Deadline soon() { return Deadline::after(10s); }  // so that no failure hangs

// Starts one that lives until the other end of the pipe is closed.
void start(Workers& workers, const TestChannel& channel) {
  if (!workers.start(soon())) return;
  const_cast<FileDescriptor&>(channel.write_end).reset();
  read_all(channel.read_end.get());
  ::_exit(0);
}

}  // namespace

TEST_CASE("workers: so many at a time, and they are forgotten as they end") {
  auto channel = make_pipe();
  Workers workers{2};
  CHECK(workers.are_none());
  CHECK_FALSE(workers.are_full());
  start(workers, channel);
  CHECK_FALSE(workers.are_none());
  CHECK_FALSE(workers.are_full());
  start(workers, channel);
  CHECK(workers.are_full());
  workers.reap();
  CHECK(workers.are_full());
  CHECK(wait_for_event(workers.fd(), POLLIN, Deadline::immediate()) == Waited::timed_out);
  channel.write_end.reset();
  while (!workers.are_none()) {
    REQUIRE(wait_for_event(workers.fd(), POLLIN, soon()) == Waited::ready);
    workers.reap();
  }
  CHECK_FALSE(workers.are_full());
}

TEST_CASE("workers: the new process has none") {
  Workers workers{1};
  auto channel = make_pipe();
  if (workers.start(soon()))
    ::_exit(write_all(channel.write_end.get(), workers.are_none() ? "y" : "n") ? 0 : 1);
  char answer = 0;
  REQUIRE(::read(channel.read_end.get(), &answer, 1) == 1);
  CHECK(answer == 'y');
  CHECK(wait_for_event(workers.fd(), POLLIN, soon()) == Waited::ready);
  workers.reap();
  CHECK(workers.are_none());
}

TEST_CASE("workers: strangers are reaped and not counted") {
  auto channel = make_pipe();
  Workers workers{2};
  start(workers, channel);
  const auto stranger = require_call(::fork(), "fork");
  if (stranger == 0) ::_exit(0);
  CHECK(eventually([&] { return ::kill(stranger, 0) == -1; }));
  CHECK(wait_for_event(workers.fd(), POLLIN, Deadline::immediate()) == Waited::timed_out);
  workers.reap();
  CHECK_FALSE(workers.are_none());
  CHECK_FALSE(workers.are_full());
  channel.write_end.reset();
  CHECK(wait_for_event(workers.fd(), POLLIN, soon()) == Waited::ready);
  workers.reap();
  CHECK(workers.are_none());
}

// UndefinedBehaviorSanitizer needs descriptors of its own to look at objects.
#ifndef __SANITIZE_ADDRESS__
TEST_CASE("workers: where no descriptor is left, one more starts when another has ended") {
  auto channel = make_pipe();
  Workers workers{10};
  start(workers, channel);
  channel.write_end.reset();
  rlimit old;
  ::getrlimit(RLIMIT_NOFILE, &old);
  const FileDescriptor hole{require_call(::dup(channel.read_end.get()), "dup")};  // that of the write end
  const int next = FileDescriptor{require_call(::dup(channel.read_end.get()), "dup")}.get();
  const rlimit none_left{static_cast<rlim_t>(next), old.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &none_left);
  start(workers, channel);
  ::setrlimit(RLIMIT_NOFILE, &old);
  CHECK(eventually([&] {
    workers.reap();
    return workers.are_none();
  }));
}
#endif
