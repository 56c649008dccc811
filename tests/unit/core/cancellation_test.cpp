#include <ipcutils/cancellation.hpp>

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <csignal>
#include <ipcutils/pipe.hpp>
#include <ipcutils/signal_receiver.hpp>
#include <ipcutils/signals.hpp>
#include <ipcutils/wait.hpp>
#include <optional>

#include "catch.hpp"

using namespace ipcutils;

namespace {

volatile std::sig_atomic_t handled = 0;
extern "C" void handle(int signal) { handled = signal; }

// The program that the library is a guest of.
class HandledByHost {
 public:
  explicit HandledByHost(int signal) : m_signal{signal} {
    handled = 0;
    struct sigaction action {};
    action.sa_handler = handle;
    ::sigaction(signal, &action, &m_old);
  }
  ~HandledByHost() { ::sigaction(m_signal, &m_old, nullptr); }

  bool is_in_place() const {
    struct sigaction now;
    ::sigaction(m_signal, nullptr, &now);
    return now.sa_handler == handle;
  }

 private:
  int m_signal;
  struct sigaction m_old;
};

bool is_blocked(int signal) {
  sigset_t now;
  ::pthread_sigmask(SIG_BLOCK, nullptr, &now);
  return ::sigismember(&now, signal) == 1;
}

}  // namespace

TEST_CASE("a signal ends a wait that knows of no interruption") {
  const HandledByHost host{SIGTERM};
  {
    const Cancellation cancellation{{SIGTERM}, {}};
    std::raise(SIGTERM);
    CHECK_THROWS_AS(pause_until(Deadline::never()), Cancelled);
    CHECK(cancellation.signal() == SIGTERM);
  }
  CHECK(handled == 0);
  CHECK(host.is_in_place());
  CHECK_FALSE(is_blocked(SIGTERM));
}

TEST_CASE("a signal that no wait has met is the host's") {
  const HandledByHost host{SIGTERM};
  {
    const Cancellation cancellation{{SIGTERM}, {}};
    std::raise(SIGTERM);
    CHECK(handled == 0);
    CHECK(cancellation.signal() == 0);
  }
  CHECK(handled == SIGTERM);
}

TEST_CASE("an interruption within a cancellation has its signals for itself") {
  const HandledByHost host{SIGTERM};
  const Cancellation cancellation{{SIGTERM}, {}};
  {
    const Interruption interruption{SIGTERM};
    std::raise(SIGTERM);
    CHECK(pause_until(Deadline::never().interrupted_by(interruption)) == Waited::interrupted);
    CHECK(pause_until(Deadline::immediate()) == Waited::timed_out);
  }
  CHECK(pause_until(Deadline::immediate()) == Waited::timed_out);
  CHECK(cancellation.signal() == 0);
}

TEST_CASE("what the kernel sends for a failed call leaves nothing but the error") {
  const HandledByHost host{SIGPIPE};
  {
    const Cancellation cancellation{{SIGTERM}, {SIGPIPE}};
    auto pipe = make_pipe();
    pipe.read_end.reset();
    for (const bool is_error_already : {false, true}) {
      std::optional<SignalIsError> broken_pipe;
      if (is_error_already) broken_pipe.emplace(SIGPIPE);
      CHECK(::write(pipe.write_end.get(), "x", 1) == -1);
      CHECK(pause_until(Deadline::after(std::chrono::milliseconds{1})) == Waited::timed_out);
    }
  }
  CHECK(handled == 0);
}

TEST_CASE("a signal that the host ignores ends no wait") {
  const auto old = std::signal(SIGUSR1, SIG_IGN);
  {
    const Cancellation cancellation{{SIGUSR1}, {}};
    std::raise(SIGUSR1);
    CHECK(pause_until(Deadline::after(std::chrono::milliseconds{1})) == Waited::timed_out);
    CHECK(cancellation.signal() == 0);
  }
  std::signal(SIGUSR1, old);
}

TEST_CASE("a receiver within a cancellation leaves no signal that would end the host") {
  {
    const Cancellation cancellation{{SIGUSR1, SIGTERM}, {}};
    const int wanted = SIGUSR1;
    SignalReceiver receiver{{&wanted, 1}};
    std::raise(SIGUSR1);
    const auto received = receiver.receive(Deadline::never());
    REQUIRE(received);
    CHECK(received->signal == SIGUSR1);
    std::raise(SIGUSR1);  // nobody takes this one
  }
  CHECK_FALSE(is_blocked(SIGUSR1));
}
