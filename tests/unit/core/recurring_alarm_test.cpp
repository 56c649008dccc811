#include "core/recurring_alarm.hpp"

#include <poll.h>
#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <thread>

#include "catch.hpp"
#include "processes.hpp"

using namespace ipcutils;
using namespace std::chrono_literals;

namespace {

// Whether a sleep, which ends by itself after 10 seconds, was interrupted.
bool is_interrupted() { return ::poll(nullptr, 0, 10'000) == -1 && errno == EINTR; }

// For so long that an alarm would have come several times.
bool is_left_alone() { return ::poll(nullptr, 0, 20) == 0; }

bool is_blocked(int signal) {
  sigset_t mask;
  ::pthread_sigmask(SIG_BLOCK, nullptr, &mask);
  return ::sigismember(&mask, signal) == 1;
}

}  // namespace

TEST_CASE("recurring alarm: it is not armed by itself, nor for never") {
  {
    const RecurringAlarm alarm;
    CHECK(is_left_alone());
  }
  const RecurringAlarm alarm{Deadline::never()};
  CHECK(is_left_alone());
}

TEST_CASE("recurring alarm: it interrupts again and again, and not before its moment") {
  const auto begin = std::chrono::steady_clock::now();
  const auto duration = GENERATE(1us, 300us, 5ms);
  const RecurringAlarm alarm{Deadline::after(duration)};
  for (int i = 0; i < 5; ++i) {
    CHECK(is_interrupted());
    CHECK(std::chrono::steady_clock::now() - begin >= duration);
  }
}

TEST_CASE("recurring alarm: a moment that has been is now") {
  const RecurringAlarm alarm{Deadline::immediate()};
  CHECK(is_interrupted());
  CHECK(is_interrupted());
}

TEST_CASE("recurring alarm: armed, disarmed and armed again") {
  RecurringAlarm alarm;
  for (int i = 0; i < 3; ++i) {
    alarm.arm();
    CHECK(is_interrupted());
    CHECK(is_interrupted());
    alarm.disarm();
    CHECK(is_left_alone());
  }
}

TEST_CASE("recurring alarm: it ends with its scope") {
  { const RecurringAlarm alarm{Deadline::immediate()}; }
  CHECK(is_left_alone());
}

TEST_CASE("recurring alarm: the inner of two does not stop the outer") {
  const RecurringAlarm outer{Deadline::immediate()};
  { const RecurringAlarm inner{Deadline::immediate()}; }
  CHECK(is_interrupted());
  { const RecurringAlarm inner; }
  CHECK(is_interrupted());
}

TEST_CASE("recurring alarm: it comes through where its signal is blocked, which it is again afterwards") {
  sigset_t mask;
  ::sigemptyset(&mask);
  ::sigaddset(&mask, SIGRTMAX);
  sigset_t old;
  ::pthread_sigmask(SIG_BLOCK, &mask, &old);
  {
    const RecurringAlarm alarm{Deadline::after(1ms)};
    CHECK(is_interrupted());
    CHECK_FALSE(is_blocked(SIGRTMAX));
  }
  CHECK(is_blocked(SIGRTMAX));
  ::pthread_sigmask(SIG_SETMASK, &old, nullptr);
}

TEST_CASE("recurring alarm: it interrupts the thread that made it, and no other") {
  RecurringAlarm alarm;
  auto other = std::async(std::launch::async, [&] {
    alarm.arm();
    return is_left_alone();
  });
  CHECK(is_interrupted());
  CHECK(other.get());
}

TEST_CASE("recurring alarm: none of thousands leaves a sleep alone that begins when it comes") {
  for (int i = 0; i < 3'000; ++i) {
    const RecurringAlarm alarm{Deadline::after(std::chrono::nanoseconds{i * 17})};
    if (!is_interrupted()) REQUIRE(i < 0);
  }
}

TEST_CASE("recurring alarm: it leaves the other signals as they are when it ends") {
  sigset_t mask;
  ::sigemptyset(&mask);
  ::sigaddset(&mask, SIGUSR2);
  ::pthread_sigmask(SIG_BLOCK, &mask, nullptr);
  {
    const RecurringAlarm alarm;
    ::pthread_sigmask(SIG_UNBLOCK, &mask, nullptr);
  }
  CHECK_FALSE(is_blocked(SIGUSR2));
}

TEST_CASE("recurring alarm: whatever threads have alarms, its signal means what it did when all have ended") {
  const auto action = [] {
    struct sigaction now;
    ::sigaction(SIGRTMAX, nullptr, &now);
    return now.sa_handler;
  };
  const auto before = action();
  std::atomic<int> lost = 0;
  const auto use_alarms = [&] {
    for (int i = 0; i < 2000; ++i) {
      const RecurringAlarm alarm;
      if (action() == before) ++lost;
    }
  };
  {
    const std::jthread other{use_alarms};
    use_alarms();
  }
  CHECK(lost == 0);
  CHECK(action() == before);
}
