#include <ipcutils/deadline.hpp>

#include "catch.hpp"
#include "every_wait.hpp"

using namespace ipcutils;
using namespace std::chrono_literals;

TEST_CASE("deadline: never does not pass") {
  const auto never = Deadline::never();
  CHECK(never.is_never());
  CHECK_FALSE(never.has_passed());
  CHECK(never.remaining() == unlimited);
}

TEST_CASE("deadline: immediate has passed") {
  const auto immediate = Deadline::immediate();
  CHECK_FALSE(immediate.is_never());
  CHECK(immediate.has_passed());
  CHECK(immediate.remaining() == 0ns);
}

TEST_CASE("deadline: a duration that cannot be represented is never") {
  CHECK(Deadline::after(unlimited).is_never());
  CHECK(Deadline::after(unlimited - 1ns).is_never());
  CHECK_FALSE(Deadline::after(24h).is_never());
}

TEST_CASE("deadline: zero and negative durations have passed") {
  const auto duration =
      GENERATE(Duration{0}, Duration{-1}, Duration{-1h}, Duration::min() + 1ns, Duration::min());
  const auto deadline = Deadline::after(duration);
  CHECK_FALSE(deadline.is_never());
  CHECK(deadline.has_passed());
  CHECK(deadline.remaining() == 0ns);
}

TEST_CASE("deadline: what remains falls and does not exceed the duration") {
  const auto deadline = Deadline::after(1h);
  const auto first = deadline.remaining();
  const auto second = deadline.remaining();
  CHECK(first <= 1h);
  CHECK(first > 59min);
  CHECK(second <= first);
  CHECK_FALSE(deadline.has_passed());
}

TEST_CASE("deadline: its moment is on the monotonic clock") {
  const auto now = [] {
    struct timespec time;
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
  };
  const auto before = now();
  const auto at = Deadline::after(1500ms).at();
  const auto moment = std::chrono::seconds{at.tv_sec} + std::chrono::nanoseconds{at.tv_nsec};
  CHECK(moment >= before + 1500ms);
  CHECK(moment <= now() + 1500ms);
  CHECK(at.tv_nsec >= 0);
  CHECK(at.tv_nsec < 1'000'000'000);
}

TEST_CASE("deadline: the moment of one that has always passed is zero") {
  const auto at = Deadline::immediate().at();
  CHECK(at.tv_sec == 0);
  CHECK(at.tv_nsec == 0);
}

TEST_CASE("deadline: no wait hangs or returns early, however close its deadline is") {
  for (const auto& wait : EveryWait{}) {
    CAPTURE(wait.name);
    int early = 0;
    const auto end = std::chrono::steady_clock::now() + 500ms;  // some waits look at all processes
    for (int i = 0; i < 2'000 && std::chrono::steady_clock::now() < end; ++i) {
      const auto begin = std::chrono::steady_clock::now();
      const auto duration = Duration{i * 7919 % 60'000};
      const bool has_succeeded = wait.wait(Deadline::after(duration));
      if (has_succeeded || std::chrono::steady_clock::now() - begin < duration) ++early;
    }
    CHECK(early == 0);
  }
}

TEST_CASE("deadline: waits of some milliseconds do not return early either") {
  for (const auto& wait : EveryWait{})
    for (const auto duration : {Duration{1ms}, Duration{1ms + 1ns}, Duration{2500us}, Duration{12ms}}) {
      CAPTURE(wait.name, duration.count());
      const auto begin = std::chrono::steady_clock::now();
      CHECK_FALSE(wait.wait(Deadline::after(duration)));
      CHECK(std::chrono::steady_clock::now() - begin >= duration);
    }
}

TEST_CASE("deadline: no wait begins when it has passed") {
  for (const auto& wait : EveryWait{}) {
    CAPTURE(wait.name);
    // Who has a FIFO open is looked for among all processes.
    const Duration most = wait.name.rfind("writers of", 0) == 0 ? 100ms : 1ms;
    auto shortest = Duration::max();  // of several times, since the processor may be busy with something else
    for (int i = 0; i < 100; ++i) {
      const auto begin = std::chrono::steady_clock::now();
      CHECK_FALSE(wait.wait(Deadline::immediate()));
      shortest = std::min<Duration>(shortest, std::chrono::steady_clock::now() - begin);
    }
    CHECK(shortest < most);
  }
}
