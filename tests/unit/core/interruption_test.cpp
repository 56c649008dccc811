#include <ipcutils/interruption.hpp>

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>

#include <atomic>
#include <cstdlib>
#include <ipcutils/wait.hpp>

#include "catch.hpp"
#include "every_wait.hpp"
#include "processes.hpp"

using namespace ipcutils;
using namespace std::chrono_literals;

namespace {

using Handler = void (*)(int);

// Another disposition of a signal, for a while.
class Disposition {
 public:
  Disposition(int signal, Handler handler) : m_signal{signal} {
    struct sigaction action {};
    action.sa_handler = handler;
    ::sigaction(signal, &action, &m_old);
  }
  Disposition(const Disposition&) = delete;
  Disposition& operator=(const Disposition&) = delete;
  ~Disposition() { ::sigaction(m_signal, &m_old, nullptr); }

 private:
  int m_signal;
  struct sigaction m_old;
};

Handler handler_of(int signal) {
  struct sigaction action;
  ::sigaction(signal, nullptr, &action);
  return action.sa_handler;
}

std::vector<Deadline> deadlines() { return {Deadline::never(), Deadline::after(1min)}; }

}  // namespace

TEST_CASE("interruption: none has come at first") {
  const Interruption interruption{SIGUSR1};
  CHECK_FALSE(interruption.has_come());
  CHECK(interruption.signal() == 0);
  const auto never = Deadline::never().interrupted_by(interruption);
  CHECK(never.is_never());
  CHECK_FALSE(never.has_passed());
  CHECK(never.remaining() == unlimited);
  CHECK(Deadline::immediate().interrupted_by(interruption).has_passed());
}

TEST_CASE("interruption: a signal that has come is told, and its deadlines have passed") {
  Interruption interruption{SIGUSR1, SIGUSR2};
  const auto never = Deadline::never().interrupted_by(interruption);
  const auto later = Deadline::after(1h).interrupted_by(interruption);
  ::raise(SIGUSR1);
  CHECK(interruption.has_come());
  CHECK(interruption.signal() == SIGUSR1);
  for (const auto& deadline : {never, later}) {
    CHECK(deadline.has_passed());
    CHECK(deadline.remaining() == 0ns);
  }
  CHECK_FALSE(Deadline::never().has_passed());
  // The next one is pending, and told when the first has been forgotten.
  ::raise(SIGUSR2);
  CHECK(interruption.signal() == SIGUSR1);
  interruption.reset();
  CHECK(interruption.signal() == SIGUSR2);
}

TEST_CASE("interruption: reset forgets") {
  Interruption interruption{SIGUSR1};
  const auto deadline = Deadline::after(1h).interrupted_by(interruption);
  ::raise(SIGUSR1);
  CHECK(deadline.has_passed());
  interruption.reset();
  CHECK_FALSE(interruption.has_come());
  CHECK_FALSE(deadline.has_passed());
  CHECK(::poll(nullptr, 0, 20) == 0);  // and nothing interrupts any more
  ::raise(SIGUSR1);
  CHECK(deadline.has_passed());
}

TEST_CASE("interruption: each one begins with none") {
  {
    const Interruption first{SIGUSR1};
    ::raise(SIGUSR1);
    CHECK(first.has_come());
  }
  CHECK(::poll(nullptr, 0, 20) == 0);
  const Interruption second{SIGUSR1};
  CHECK_FALSE(second.has_come());
  CHECK(::poll(nullptr, 0, 20) == 0);
}

TEST_CASE("interruption: what the signals did before they do again") {
  static std::atomic<int> count;
  count = 0;
  const Disposition counts{SIGUSR1, [](int) { ++count; }};
  const auto before = handler_of(SIGUSR2);
  {
    const Interruption interruption{SIGUSR1, SIGUSR2};
    ::raise(SIGUSR1);
    CHECK(interruption.has_come());
    CHECK(count == 0);
  }
  CHECK(count == 0);
  ::raise(SIGUSR1);
  CHECK(count == 1);
  CHECK(handler_of(SIGUSR2) == before);
}

TEST_CASE("interruption: a signal that nobody has seen does afterwards what it did before") {
  static std::atomic<int> count;
  count = 0;
  const Disposition counts{SIGUSR1, [](int) { ++count; }};
  {
    const Interruption interruption{SIGUSR1};
    ::raise(SIGUSR1);
    CHECK(count == 0);
  }
  CHECK(count == 1);
}

TEST_CASE("interruption: its signals are blocked, but not while the library waits") {
  const auto is_blocked = [](int signal) {
    sigset_t mask;
    ::pthread_sigmask(SIG_BLOCK, nullptr, &mask);
    return ::sigismember(&mask, signal) == 1;
  };
  {
    const Interruption interruption{SIGUSR1};
    CHECK(is_blocked(SIGUSR1));
    CHECK_FALSE(is_blocked(SIGUSR2));
  }
  CHECK_FALSE(is_blocked(SIGUSR1));
}

TEST_CASE("interruption: a signal that was ignored stays so") {
  const Disposition ignored{SIGUSR1, SIG_IGN};
  {
    const Interruption interruption{SIGUSR1, SIGUSR2};
    ::raise(SIGUSR1);
    CHECK_FALSE(interruption.has_come());
    CHECK(handler_of(SIGUSR1) == SIG_IGN);
  }
  CHECK(handler_of(SIGUSR1) == SIG_IGN);
}

TEST_CASE("interruption: a signal at any moment around the beginning of a wait ends it") {
  constexpr int rounds = 150;
  Interruption interruption{SIGUSR1};
  for (const auto& wait : EveryWait{})
    for (const auto& deadline : deadlines()) {
      CAPTURE(wait.name, deadline.is_never());
      std::atomic<int> round = 0;
      // In every round a signal, a little later than in the one before.
      const auto sender = std::async(std::launch::async, [&round, waiting = ::pthread_self()] {
        for (int next = 1; next <= rounds; ++next) {
          while (round < next) continue;
          for (std::atomic<int> spin = 0; spin < next * 50; ++spin) continue;
          ::pthread_kill(waiting, SIGUSR1);
        }
      });
      int ended = 0;
      while (round < rounds) {
        ++round;
        if (!wait.wait(deadline.interrupted_by(interruption))) ++ended;
        interruption.reset();
      }
      CHECK(ended == rounds);
    }
}

TEST_CASE("interruption: a wait that a signal interrupts, of which nobody waits to be told, goes on") {
  static std::atomic<int> count;
  const Disposition counts{SIGUSR2, [](int) { ++count; }};
  for (const auto& wait : EveryWait{}) {
    CAPTURE(wait.name);
    count = 0;
    const auto begin = std::chrono::steady_clock::now();
    const auto deadline = Deadline::after(20ms);
    const auto sender = when_asleep([self = ::pthread_self()] { ::pthread_kill(self, SIGUSR2); });
    CHECK_FALSE(wait.wait(deadline));
    CHECK(std::chrono::steady_clock::now() - begin >= 20ms);
    sender.wait();
    CHECK(count == 1);
  }
}

namespace {

// The exit status of a process on a terminal of its own in which a signal has come as `send(terminal,
// process)` sends it: 1 when the interruption says that the terminal has, 0 when not.
template <typename Send>
std::optional<int> told_of_terminal(Send send) {
  const FileDescriptor terminal{require_call(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), "posix_openpt")};
  require_call(::grantpt(terminal.get()), "grantpt");
  require_call(::unlockpt(terminal.get()), "unlockpt");
  const auto ready = make_pipe();
  ChildProcess child{[&] {
    ::setsid();
    const FileDescriptor user{::open(::ptsname(terminal.get()), O_RDWR)};  // the controlling one by that
    const Interruption interruption{SIGINT};
    if (interruption.is_from_terminal()) return 2;
    write_all(ready.write_end.get(), "x");
    pause_until(Deadline::after(20s).interrupted_by(interruption));
    if (interruption.signal() != SIGINT) return 3;
    return interruption.is_from_terminal() ? 1 : 0;
  }};
  char byte;
  require_call(static_cast<int>(::read(ready.read_end.get(), &byte, 1)), "read");
  send(terminal.get(), child.pid());
  return child.wait();
}

}  // namespace

TEST_CASE("interruption: a key of the terminal is told from a signal that a process has sent") {
  CHECK(told_of_terminal([](int terminal, pid_t) { write_all(terminal, "\x03"); }) == 1);
  CHECK(told_of_terminal([](int, pid_t process) { ::kill(process, SIGINT); }) == 0);
}

TEST_CASE("interruption: after other signals a wait without limit goes on, until there is something") {
  const Disposition handled{SIGUSR2, [](int) {}};
  const Interruption interruption{SIGUSR1};
  for (const auto& reference : BothApis<ScratchQueue>{}) {
    CAPTURE(reference.to_string());
    auto queue = make_queue(reference);
    const auto sender = when_asleep([&, waiting = ::pthread_self(), thread = ::gettid()] {
      for (int i = 0; i < 10; ++i) {
        ::pthread_kill(waiting, SIGUSR2);
        eventually([thread] { return is_asleep(thread); });
      }
      auto other = MessageQueue::open(reference, MessageQueue::Use::send);
      send(other, "at last");
    });
    CHECK(receive(queue, {}, Deadline::never().interrupted_by(interruption)) == "at last");
  }
}

TEST_CASE("interruption: what a timer of the kernel sends is no key of the terminal") {
  const Interruption interruption{SIGALRM};
  const itimerval soon{.it_interval = {}, .it_value = {.tv_sec = 0, .tv_usec = 1000}};
  ::setitimer(ITIMER_REAL, &soon, nullptr);
  CHECK(pause_until(Deadline::after(20s).interrupted_by(interruption)) == Waited::interrupted);
  CHECK(interruption.signal() == SIGALRM);
  CHECK_FALSE(interruption.is_from_terminal());
}
