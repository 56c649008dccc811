#include <ipcutils/child.hpp>

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <ipcutils/wait.hpp>
#include <vector>

#include "catch.hpp"
#include "processes.hpp"

using namespace ipcutils;
using namespace std::chrono_literals;

namespace {

Deadline soon() { return Deadline::after(10s); }  // so that no failure hangs

// A process that runs `work` and ends with its result.
template <typename Work>
Child child_that(Work work) {
  auto child = Child::fork();
  if (!child) ::_exit(work());
  return std::move(*child);
}

// It does nothing until it is killed.
Child idle_child() {
  return child_that([] {
    for (;;) ::pause();
    return 0;
  });
}

// One that no Child knows; it has ended, and nobody has waited for it.
pid_t ended_stranger() {
  const auto process = require_call(::fork(), "fork");
  if (process == 0) ::_exit(0);
  siginfo_t ended;
  while (::waitid(P_PID, static_cast<id_t>(process), &ended, WEXITED | WNOWAIT) == -1 && errno == EINTR)
    continue;
  return process;
}

bool exists(pid_t process) { return ::kill(process, 0) == 0; }

}  // namespace

TEST_CASE("child: its exit status is as a shell has it") {
  CHECK(child_that([] { return 0; }).wait(soon()) == 0);
  CHECK(child_that([] { return 7; }).wait(soon()) == 7);
  CHECK(child_that([] {
          ::signal(SIGTERM, SIG_DFL);
          return ::raise(SIGTERM);
        }).wait(soon()) == 128 + SIGTERM);
}

TEST_CASE("child: a wait ends with its deadline, and can be repeated") {
  auto child = idle_child();
  CHECK_FALSE(child.wait(Deadline::immediate()));
  const auto begin = std::chrono::steady_clock::now();
  CHECK_FALSE(child.wait(Deadline::after(20ms)));
  CHECK(std::chrono::steady_clock::now() - begin >= 20ms);
  child.send(SIGKILL);
  CHECK(child.wait(soon()) == 128 + SIGKILL);
  CHECK_NOTHROW(child.send(SIGKILL));  // to nobody
}

TEST_CASE("child: of several, their descriptors tell which has ended") {
  std::vector<Child> children;
  for (int i = 0; i < 3; ++i) children.push_back(idle_child());
  for (const std::size_t next : {1, 2, 0}) {
    children[next].send(SIGKILL);
    std::array<pollfd, 3> entries;
    for (std::size_t i = 0; i < 3; ++i)
      entries[i] = {children[i].pid() != 0 ? children[i].fd() : -1, POLLIN, 0};
    REQUIRE(wait_for_events(entries, soon()) == Waited::ready);
    for (std::size_t i = 0; i < 3; ++i) CHECK((entries[i].revents != 0) == (i == next));
    CHECK(children[next].wait(soon()) == 128 + SIGKILL);
    CHECK(children[next].pid() == 0);
  }
}

TEST_CASE("child: one that is moved is the same process") {
  auto first = child_that([] { return 3; });
  const auto process = first.pid();
  Child second{std::move(first)};
  CHECK(second.pid() == process);
  CHECK(first.pid() == 0);
  auto third = child_that([] { return 4; });
  third = std::move(second);
  CHECK(third.wait(soon()) == 3);
  CHECK(second.wait(soon()) == 4);
}

TEST_CASE("child: it takes over what somebody else has started") {
  auto child = Child::started_by([] {
    const auto process = ::fork();
    if (process == 0) ::_exit(5);
    return process;
  });
  CHECK(child.wait(soon()) == 5);
}

TEST_CASE("child: a failure to start it changes nothing") {
  sigset_t before, after;
  ::pthread_sigmask(SIG_BLOCK, nullptr, &before);
  CHECK_THROWS_AS(Child::started_by([]() -> pid_t { throw std::runtime_error{"no"}; }), std::runtime_error);
  ::pthread_sigmask(SIG_BLOCK, nullptr, &after);
  CHECK(::sigismember(&after, SIGCHLD) == ::sigismember(&before, SIGCHLD));
}

TEST_CASE("child: it ends with its parent if it wants to") {
  const auto channel = make_pipe();
  auto parent = child_that([&] {
    const auto child = child_that([&] {
      Child::die_with_parent(SIGKILL);
      write_all(channel.write_end.get(), "x");
      for (;;) ::pause();
      return 0;
    });
    for (;;) ::pause();
    return 0;
  });
  char byte;
  REQUIRE(::read(channel.read_end.get(), &byte, 1) == 1);
  parent.send(SIGKILL);
  CHECK(parent.wait(soon()) == 128 + SIGKILL);
  // The grandchild has the other end, too, until it has ended.
  const_cast<FileDescriptor&>(channel.write_end).reset();
  CHECK(wait_for_event(channel.read_end.get(), POLLIN, soon()) == Waited::ready);
}

TEST_CASE("stranger reaper: it reaps those that no child knows, and leaves the others their status") {
  const auto early = ended_stranger();
  const StrangerReaper reaper;
  CHECK_FALSE(exists(early));
  auto mine = child_that([] { return 7; });
  REQUIRE(wait_for_event(mine.fd(), POLLIN, soon()) == Waited::ready);
  // One that is known has ended and hides the stranger behind it, until it has been waited for.
  const auto late = require_call(::fork(), "fork");
  if (late == 0) ::_exit(0);
  CHECK(mine.wait(soon()) == 7);
  CHECK(eventually([&] { return !exists(late); }));
}

TEST_CASE("stranger reaper: many, among many of ours") {
  const StrangerReaper reaper;
  std::vector<Child> mine;
  std::vector<pid_t> strangers;
  for (int i = 0; i < 30; ++i) {
    mine.push_back(child_that([i] { return i; }));
    const auto process = require_call(::fork(), "fork");
    if (process == 0) ::_exit(0);
    strangers.push_back(process);
  }
  for (int i = 0; i < 30; ++i) CHECK(mine[static_cast<std::size_t>(i)].wait(soon()) == i);
  CHECK(eventually([&] { return std::none_of(strangers.begin(), strangers.end(), exists); }));
}

TEST_CASE("stranger reaper: without it strangers stay") {
  { const StrangerReaper reaper; }
  const auto process = ended_stranger();
  CHECK(exists(process));
  CHECK(::waitpid(process, nullptr, 0) == process);
}
