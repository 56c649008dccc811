#include <ipcutils/signal_receiver.hpp>

#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <ipcutils/signal_name.hpp>
#include <ipcutils/wait.hpp>
#include <string_view>

#include "../core/failure.hpp"
#include "../core/signal_mask.hpp"

namespace ipcutils {

namespace {

struct CodeName {
  int code;
  std::string_view name;
};
constexpr std::array<CodeName, 8> common_codes{{{SI_USER, "user"},
                                                {SI_QUEUE, "queue"},
                                                {SI_TKILL, "tkill"},
                                                {SI_KERNEL, "kernel"},
                                                {SI_TIMER, "timer"},
                                                {SI_MESGQ, "mesgq"},
                                                {SI_ASYNCIO, "asyncio"},
                                                {SI_SIGIO, "sigio"}}};
constexpr std::array<CodeName, 6> child_codes{{{CLD_EXITED, "exited"},
                                               {CLD_KILLED, "killed"},
                                               {CLD_DUMPED, "dumped"},
                                               {CLD_TRAPPED, "trapped"},
                                               {CLD_STOPPED, "stopped"},
                                               {CLD_CONTINUED, "continued"}}};

std::optional<int> value_of(const signalfd_siginfo& information) {
  constexpr std::array with_value{SI_QUEUE, SI_TIMER, SI_MESGQ, SI_ASYNCIO};
  if (std::ranges::find(with_value, information.ssi_code) == with_value.end()) return std::nullopt;
  return information.ssi_int;
}

}  // namespace

std::string signal_code_name(const ReceivedSignal& received) {
  const auto name_in = [&](std::span<const CodeName> codes) -> std::string {
    const auto found = std::ranges::find(codes, received.code, &CodeName::code);
    return found != codes.end() ? std::string{found->name} : std::to_string(received.code);
  };
  // Codes above 0 mean something else for each signal.
  const bool is_of_child = received.signal == SIGCHLD && received.code > 0 && received.code != SI_KERNEL;
  return is_of_child ? name_in(child_codes) : name_in(common_codes);
}

SignalReceiver::SignalReceiver(std::span<const int> signals) {
  ReceivedSignals received{};
  ::sigemptyset(&received.signals);
  for (const int signal : signals) {
    if (signal == SIGKILL || signal == SIGSTOP)
      throw Error::invalid(fmt::format("cannot receive {}", signal_name(signal)),
                           "the kernel acts on it without the process");
    ::sigaddset(&received.signals, signal);
  }
  m_signals.reset(::signalfd(-1, &received.signals, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!m_signals.is_open()) fail(errno, "cannot receive signals");
  ::pthread_sigmask(SIG_BLOCK, &received.signals, &received.outside);
  leave_to_receiver(received);
}

SignalReceiver::~SignalReceiver() { leave_to_receiver(std::nullopt); }

std::optional<ReceivedSignal> SignalReceiver::receive(const Deadline& deadline) {
  for (;;) {
    signalfd_siginfo information;
    const auto size = retry_on_eintr([&] { return ::read(fd(), &information, sizeof information); });
    if (size == sizeof information)
      return ReceivedSignal{.signal = static_cast<int>(information.ssi_signo),
                            .value = value_of(information),
                            .pid = static_cast<pid_t>(information.ssi_pid),
                            .uid = information.ssi_uid,
                            .code = information.ssi_code};
    if (size != -1 || errno != EAGAIN) fail(errno, "cannot receive signals");
    if (wait_for_event(fd(), POLLIN, deadline) != Waited::ready) return std::nullopt;
  }
}

}  // namespace ipcutils
