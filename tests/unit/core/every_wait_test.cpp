// Every wait of the library, ended by its deadline and by a signal.
#include "every_wait.hpp"

#include <pthread.h>
#include <signal.h>

#include <ipcutils/interruption.hpp>

#include "catch.hpp"
#include "processes.hpp"

using namespace ipcutils;
using namespace std::chrono_literals;

namespace {

using Clock = std::chrono::steady_clock;

std::vector<Deadline> deadlines() { return {Deadline::never(), Deadline::after(1min)}; }

// The shortest of several times, since the processor may be busy with something else.
template <typename Measure>
Duration shortest(Duration good_enough, Measure measure) {
  auto shortest = Duration::max();
  for (int i = 0; i < 100 && shortest >= good_enough; ++i) shortest = std::min<Duration>(shortest, measure());
  return shortest;
}

}  // namespace

TEST_CASE("every wait: its deadline ends it, not before and not long after") {
  for (const auto& wait : EveryWait{}) {
    CAPTURE(wait.name);
    CHECK_FALSE(wait.wait(Deadline::immediate()));
    CHECK(shortest(30ms, [&] {
            const auto begin = Clock::now();
            CHECK_FALSE(wait.wait(Deadline::after(20ms)));
            const auto time = Clock::now() - begin;
            CHECK(time >= 20ms);
            return time;
          }) < 30ms);
  }
}

TEST_CASE("every wait: a signal ends it within 10 ms") {
  for (const auto& wait : EveryWait{})
    for (const auto& deadline : deadlines()) {
      CAPTURE(wait.name, deadline.is_never());
      CHECK(shortest(10ms, [&] {
              const Interruption interruption{SIGUSR1};
              Clock::time_point sent;
              auto sender = when_asleep([&] {
                sent = Clock::now();
                ::kill(::getpid(), SIGUSR1);
              });
              CHECK_FALSE(wait.wait(deadline.interrupted_by(interruption)));
              const auto ended = Clock::now();
              sender.get();
              CHECK(interruption.signal() == SIGUSR1);
              return ended - sent;
            }) < 10ms);
    }
}

TEST_CASE("every wait: none begins after a signal") {
  for (const auto& wait : EveryWait{})
    for (const auto& deadline : deadlines()) {
      CAPTURE(wait.name, deadline.is_never());
      const Interruption interruption{SIGUSR1};
      ::raise(SIGUSR1);
      CHECK_FALSE(wait.wait(deadline.interrupted_by(interruption)));
      CHECK_FALSE(wait.wait(deadline.interrupted_by(interruption)));  // and again
    }
}

TEST_CASE("every wait: it ends by its time although signals may end it") {
  const Interruption interruption{SIGUSR1};
  for (const auto& wait : EveryWait{}) {
    CAPTURE(wait.name);
    CHECK_FALSE(wait.wait(Deadline::after(5ms).interrupted_by(interruption)));
    CHECK_FALSE(interruption.has_come());
  }
}
