#include <ipcutils/signals.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include "catch.hpp"
#include "processes.hpp"

using namespace ipcutils;

namespace {

// The signal that ends a process that runs `work`; 0: none.
template <typename Work>
int signal_that_ends(Work work) {
  const auto process = require_call(::fork(), "fork");
  if (process == 0) {
    work();
    ::_exit(0);
  }
  int status = 0;
  while (::waitpid(process, &status, 0) == -1 && errno == EINTR) continue;
  return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

}  // namespace

TEST_CASE(
    "signals: a process ends by one as by default, whatever it does with it and whether it is blocked") {
  for (const int signal : fatal_signals)
    CHECK(signal_that_ends([signal] { die_of_signal(signal); }) == signal);
  CHECK(signal_that_ends([] {
          std::signal(SIGTERM, SIG_IGN);
          sigset_t all;
          ::sigfillset(&all);
          ::sigprocmask(SIG_SETMASK, &all, nullptr);
          die_of_signal(SIGTERM);
        }) == SIGTERM);
}

TEST_CASE("signals: a reader that has gone can be an error instead of a signal") {
  auto channel = make_pipe();
  channel.read_end.reset();
  const auto write_byte = [&] { return ::write(channel.write_end.get(), "x", 1); };
  CHECK(signal_that_ends([&] {
          std::signal(SIGPIPE, SIG_DFL);
          {
            const SignalIsError is_error{SIGPIPE};
            if (write_byte() != -1 || errno != EPIPE) die_of_signal(SIGABRT);
          }
          write_byte();
        }) == SIGPIPE);
}

TEST_CASE("signals: one that is ignored stays so") {
  CHECK(signal_that_ends([] {
          std::signal(SIGPIPE, SIG_IGN);
          const SignalIsError is_error{SIGPIPE};
          if (std::signal(SIGPIPE, SIG_IGN) != SIG_IGN) die_of_signal(SIGABRT);
        }) == 0);
}
