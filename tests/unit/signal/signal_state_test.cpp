#include <ipcutils/signal_state.hpp>

#include <algorithm>
#include <csignal>

#include "catch.hpp"
#include "error_of.hpp"
#include "processes.hpp"

using namespace ipcutils;

namespace {

bool has(const std::vector<int>& signals, int signal) {
  return std::ranges::find(signals, signal) != signals.end();
}

}  // namespace

TEST_CASE("signal state: what a process blocks, ignores, catches and has pending") {
  ChildProcess child{[] {
    sigset_t set;
    ::sigemptyset(&set);
    ::sigaddset(&set, SIGRTMAX);
    ::sigprocmask(SIG_SETMASK, &set, nullptr);
    ::signal(SIGHUP, SIG_IGN);
    ::signal(SIGTERM, [](int) {});
    ::signal(SIGUSR1, SIG_DFL);
    ::raise(SIGRTMAX);
    const auto state = find_signal_state({::getpid()});
    const bool is_right = state.pid == ::getpid() && !state.command.empty() &&
                          state.pending == std::vector{SIGRTMAX} && state.blocked == std::vector{SIGRTMAX} &&
                          has(state.ignored, SIGHUP) && has(state.caught, SIGTERM) &&
                          !has(state.ignored, SIGUSR1) && !has(state.caught, SIGUSR1) && state.queued > 0;
    return is_right ? 0 : 1;
  }};
  CHECK(child.wait() == 0);
}

TEST_CASE("signal state: of a process that is none") {
  const auto me = ProcessHandle::open({::getpid()}).reference();
  CHECK(error_of([&] {
          find_signal_state({me.pid, *me.start_time + 1});
        }).code() == std::errc::no_such_process);
}
