#include <ipcutils/process_reference.hpp>

#include <csignal>
#include <ipcutils/wait.hpp>

#include "catch.hpp"
#include "error_of.hpp"
#include "processes.hpp"

using namespace ipcutils;
using namespace std::chrono_literals;

namespace {

Deadline soon() { return Deadline::after(120s); }  // so that no failure hangs

ProcessHandle ended(const ChildProcess& child) {
  auto process = ProcessHandle::open({child.pid()});
  REQUIRE(wait_for_event(process.fd(), POLLIN, soon()) == Waited::ready);
  return process;
}

}  // namespace

TEST_CASE("process reference: a number, or a number and a start time") {
  CHECK(ProcessReference::parse("12").text() == "12");
  CHECK(ProcessReference::parse("12:345").start_time == 345);
  CHECK(ProcessReference::parse("12:345").text() == "12:345");
  for (const char* text :
       {"", "0", "-1", "x", "12:", "12:x", ":1", "12:3:4", "2147483648", "12:18446744073709551616"}) {
    CAPTURE(text);
    CHECK(error_of([&] { ProcessReference::parse(text); }).code() == std::errc::invalid_argument);
  }
}

TEST_CASE("process handle: it is opened by its start time, and by no other") {
  const auto mine = ProcessHandle::open({::getpid()}).reference();
  REQUIRE(mine.start_time);
  CHECK(ProcessHandle::open(mine).pid() == ::getpid());
  const ProcessReference later{::getpid(), *mine.start_time + 1};
  const auto error = error_of([&] { ProcessHandle::open(later); });
  CHECK(error.code() == std::errc::no_such_process);
  CHECK(error.what() ==
        "cannot find process " + later.text() + ": its number belongs to another process by now");
}

TEST_CASE("process handle: of none, and of a thread") {
  pid_t gone = 0;
  {
    const ChildProcess child{[] { return 0; }};
    gone = child.pid();
  }
  CHECK(error_of([&] { ProcessHandle::open({gone}); }).code() == std::errc::no_such_process);
  const auto hint = std::async(std::launch::async, [] {
                      return error_of([] { ProcessHandle::open({::gettid()}); }).hint();
                    }).get();
  CHECK(hint == "it is a thread: give the number of its process");
}

TEST_CASE("process handle: how a child has ended, before and after its parent has waited for it") {
  ChildProcess exits{[] { return 7; }};
  ChildProcess dies{[] {
    std::signal(SIGTERM, SIG_DFL);
    return std::raise(SIGTERM);
  }};
  const auto first = ended(exits), second = ended(dies);
  CHECK(first.has_ended());
  REQUIRE(first.end());
  CHECK(first.end()->status == 7);
  CHECK_FALSE(first.end()->is_by_signal);
  REQUIRE(second.end());
  CHECK(second.end()->status == SIGTERM);
  CHECK(second.end()->is_by_signal);
  CHECK(exits.wait() == 7);
  CHECK(first.has_ended());
  if (const auto end = first.end()) CHECK(end->status == 7);  // told since Linux 6.15
}

TEST_CASE("process handle: a process that runs has no end") {
  const auto mine = ProcessHandle::open({::getpid()});
  CHECK_FALSE(mine.has_ended());
  CHECK_FALSE(mine.end());
}
