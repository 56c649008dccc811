#include <ipcutils/signal_receiver.hpp>

#include <csignal>
#include <ipcutils/interruption.hpp>
#include <ipcutils/signal_sender.hpp>

#include "catch.hpp"
#include "error_of.hpp"
#include "processes.hpp"

using namespace ipcutils;

namespace {

ProcessHandle myself() { return ProcessHandle::open({::getpid()}); }

// What receive() gives, as text.
std::string next(SignalReceiver& receiver) {
  const auto received = receiver.receive(Deadline::immediate());
  if (!received) return "nothing";
  return std::to_string(received->signal - SIGRTMIN) + " " +
         (received->value ? std::to_string(*received->value) : "-") + " " + signal_code_name(*received) +
         (received->pid == ::getpid() && received->uid == ::getuid() ? "" : " of another");
}

// In a process of its own, since signals stay blocked: 0 when `work` says that it is right.
template <typename Work>
int in_process(Work work) {
  return ChildProcess{[&] { return work() ? 0 : 1; }}.wait().value_or(-1);
}

}  // namespace

TEST_CASE("signal receiver: queued signals come in order, with value and sender") {
  CHECK(in_process([] {
          const std::vector signals{SIGRTMIN, SIGRTMIN + 1, SIGUSR1};
          SignalReceiver receiver{signals};
          for (const int value : {7, -8}) queue_signal(myself(), SIGRTMIN + 1, value, Deadline::never());
          queue_signal(myself(), SIGRTMIN, 9, Deadline::never());
          ::kill(::getpid(), SIGUSR1);
          return receiver.receive(Deadline::never())->signal == SIGUSR1 && next(receiver) == "0 9 queue" &&
                 next(receiver) == "1 7 queue" && next(receiver) == "1 -8 queue" &&
                 next(receiver) == "nothing";
        }) == 0);
}

TEST_CASE("signal receiver: signals stay blocked after it") {
  CHECK(in_process([] {
          { SignalReceiver receiver{std::vector{SIGTERM}}; }
          ::kill(::getpid(), SIGTERM);
          return true;
        }) == 0);
}

TEST_CASE("signal receiver: an interruption leaves it its signals, and ends its waits by others") {
  CHECK(in_process([] {
          SignalReceiver receiver{std::vector{SIGTERM}};
          const Interruption interruption{SIGTERM, SIGINT};
          ::kill(::getpid(), SIGTERM);
          const bool is_left =
              !interruption.has_come() && next(receiver) == std::to_string(SIGTERM - SIGRTMIN) + " - user";
          ::kill(::getpid(), SIGINT);
          return is_left && !receiver.receive(Deadline::never().interrupted_by(interruption)) &&
                 interruption.signal() == SIGINT;
        }) == 0);
}

TEST_CASE("signal receiver: KILL and STOP are refused") {
  for (const int signal : {SIGKILL, SIGSTOP})
    CHECK(error_of([&] { SignalReceiver receiver{std::vector{signal}}; }).code() ==
          std::errc::invalid_argument);
}

TEST_CASE("signal receiver: codes have names") {
  const auto name = [](int signal, int code) {
    return signal_code_name({.signal = signal, .value = std::nullopt, .pid = 0, .uid = 0, .code = code});
  };
  CHECK(name(SIGTERM, SI_USER) == "user");
  CHECK(name(SIGINT, SI_KERNEL) == "kernel");
  CHECK(name(SIGRTMIN, SI_TIMER) == "timer");
  CHECK(name(SIGCHLD, CLD_EXITED) == "exited");
  CHECK(name(SIGCHLD, SI_USER) == "user");
  CHECK(name(SIGSEGV, 1) == "1");
}
