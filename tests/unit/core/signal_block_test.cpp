#include <atomic>
#include <csignal>
#include <ipcutils/signal_block.hpp>

#include "catch.hpp"

using namespace ipcutils;

namespace {

std::atomic<int> arrived = 0;

bool is_blocked(int signal) {
  sigset_t mask;
  ::pthread_sigmask(SIG_BLOCK, nullptr, &mask);
  return ::sigismember(&mask, signal) == 1;
}

}  // namespace

TEST_CASE("signal block: what comes meanwhile is delivered at its end") {
  arrived = 0;
  const auto old = std::signal(SIGUSR1, [](int) { ++arrived; });
  {
    const SignalBlock block;
    std::raise(SIGUSR1);
    CHECK(arrived == 0);
  }
  CHECK(arrived == 1);
  std::signal(SIGUSR1, old);
}

TEST_CASE("signal block: blocks nest") {
  {
    const SignalBlock outer;
    { const SignalBlock inner; }
    CHECK(is_blocked(SIGTERM));
  }
  CHECK_FALSE(is_blocked(SIGTERM));
}
