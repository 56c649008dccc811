#include <ipcutils/signal_sender.hpp>

#include <sys/resource.h>

#include <csignal>
#include <ipcutils/signal_receiver.hpp>
#include <ipcutils/wait.hpp>

#include "catch.hpp"
#include "error_of.hpp"
#include "processes.hpp"

using namespace ipcutils;
using namespace std::chrono_literals;

TEST_CASE("signal sender: a process that has ended gets none, whether or not it was waited for") {
  ChildProcess child{[] { return 0; }};
  const auto process = ProcessHandle::open({child.pid()});
  REQUIRE(wait_for_event(process.fd(), POLLIN, Deadline::after(120s)) == Waited::ready);
  const auto send = [&] { queue_signal(process, SIGTERM, 0, Deadline::immediate()); };
  CHECK(error_of(send).what() ==
        "cannot send TERM to process " + std::to_string(process.pid()) + ": it has ended");
  child.wait();
  CHECK(error_of(send).code() == std::errc::no_such_process);
}

TEST_CASE("signal sender: signal 0 checks") {
  CHECK(queue_signal(ProcessHandle::open({::getpid()}), 0, 0, Deadline::immediate()));
}

TEST_CASE("signal sender: a full queue lasts until the deadline") {
  ChildProcess child{[] {
    const struct rlimit none {};
    require_call(::setrlimit(RLIMIT_SIGPENDING, &none), "setrlimit");
    const SignalReceiver receiver{std::vector{SIGRTMIN, SIGTERM}};
    const auto self = ProcessHandle::open({::getpid()});
    const bool is_full = !queue_signal(self, SIGRTMIN, 1, Deadline::after(2ms));
    return is_full && queue_signal(self, SIGTERM, 1, Deadline::immediate()) ? 0 : 1;  // it needs no room
  }};
  CHECK(child.wait() == 0);
}
