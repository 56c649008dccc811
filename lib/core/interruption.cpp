#include <pthread.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <ipcutils/cancellation.hpp>
#include <ipcutils/interruption.hpp>
#include <optional>

#include "recurring_alarm.hpp"
#include "signal_mask.hpp"

namespace ipcutils {

namespace {

constexpr int highest_signal = 64;

// Handlers have no argument of their own.
volatile std::sig_atomic_t last_signal = 0;
volatile std::sig_atomic_t last_code = 0;
RecurringAlarm* volatile alarm_of_call = nullptr;

const Interruption* living = nullptr;
const Interruption* cancelling = nullptr;  // that of the Cancellation

// What the outermost Interruption has changed.
sigset_t caught;
sigset_t before;
sigset_t while_waiting;
bool has_handlers = false;
std::array<struct sigaction, highest_signal + 1> old_actions;

std::optional<ReceivedSignals> received_elsewhere;
std::optional<sigset_t> left_by_receiver;  // the signals of a receiver that was made within

template <typename Use>
void for_each_of(const sigset_t& signals, Use use) {
  for (int signal = 1; signal <= highest_signal; ++signal)
    if (::sigismember(&signals, signal) == 1) use(signal);
}

bool has_action(int signal, sighandler_t handler) {
  struct sigaction action;
  return ::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == handler;
}

void note(int signal, int code) {
  last_signal = signal;
  last_code = code;
}

extern "C" void note_signal(int signal, siginfo_t* information, void*) {
  note(signal, information->si_code);
  if (alarm_of_call != nullptr) alarm_of_call->arm();
}

// Only a wait needs them, since elsewhere the signals are blocked. What was ignored stays ignored.
void handle_caught() noexcept {
  if (living == nullptr || has_handlers) return;
  has_handlers = true;
  struct sigaction action {};
  action.sa_sigaction = note_signal;
  action.sa_flags = SA_SIGINFO;  // without SA_RESTART
  for_each_of(sigset_t{caught}, [&](int signal) {
    auto& old = old_actions[static_cast<std::size_t>(signal)];
    ::sigaction(signal, nullptr, &old);
    if (old.sa_handler == SIG_IGN)
      ::sigdelset(&caught, signal);
    else
      ::sigaction(signal, &action, nullptr);
  });
}

void stop_handling() noexcept {
  if (!has_handlers) return;
  for_each_of(caught, [](int signal) {
    ::sigaction(signal, &old_actions[static_cast<std::size_t>(signal)], nullptr);
  });
  has_handlers = false;
}

// A signal of `signals` that waits for being opened; 0: none.
int take_pending(const sigset_t& signals, siginfo_t& information) noexcept {
  constexpr struct timespec at_once {};
  return std::max(0, ::sigtimedwait(&signals, &information, &at_once));
}

void discard_pending(const sigset_t& signals) noexcept {
  siginfo_t information;
  while (take_pending(signals, information) != 0) {
  }
}

}  // namespace

Interruption::Interruption(std::initializer_list<int> signals) : Interruption{signals, {}} {}

Interruption::Interruption(std::initializer_list<int> signals, std::initializer_list<int> errors)
    : m_outer{living} {
  living = this;
  if (m_outer != nullptr) return;
  last_signal = 0;
  ::sigemptyset(&caught);
  for (const int signal : signals)
    if (!received_elsewhere || ::sigismember(&received_elsewhere->signals, signal) == 0)
      ::sigaddset(&caught, signal);
  auto blocked = caught;
  for (const int signal : errors) ::sigaddset(&blocked, signal);
  ::pthread_sigmask(SIG_BLOCK, &blocked, &before);
  while_waiting = before;
  for (const int signal : errors) ::sigaddset(&while_waiting, signal);
}

// A signal that is pending meets its old action.
Interruption::~Interruption() {
  living = m_outer;
  last_signal = 0;
  if (m_outer != nullptr) return;
  stop_handling();
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

int Interruption::signal() const noexcept {
  siginfo_t information;
  while (last_signal == 0) {
    const int signal = take_pending(caught, information);
    if (signal == 0) break;
    if (has_handlers || !has_action(signal, SIG_IGN)) note(signal, information.si_code);
  }
  return last_signal;
}

bool Interruption::is_from_terminal() const noexcept {
  return has_come() && last_code == SI_KERNEL && (last_signal == SIGINT || last_signal == SIGQUIT);
}

const Interruption* Interruption::alive() noexcept { return living != cancelling ? living : nullptr; }

void Interruption::reset() noexcept { last_signal = 0; }

Cancellation::Cancellation(std::initializer_list<int> signals, std::initializer_list<int> errors)
    : m_signals{signals, errors} {
  cancelling = &m_signals;
  left_by_receiver.reset();
  ::sigemptyset(&m_errors);
  for (const int signal : errors) ::sigaddset(&m_errors, signal);
}

Cancellation::~Cancellation() {
  if (left_by_receiver)
    for_each_of(*left_by_receiver, [this](int signal) {
      if (has_action(signal, SIG_DFL)) ::sigaddset(&m_errors, signal);
    });
  discard_pending(m_errors);
  cancelling = nullptr;
}

int Cancellation::signal() const noexcept { return last_signal; }

bool is_cancellable() noexcept { return living != nullptr && living == cancelling; }

bool is_error_already(int signal) noexcept {
  return cancelling != nullptr && ::sigismember(&while_waiting, signal) == 1 &&
         ::sigismember(&before, signal) == 0;
}

bool has_been_interrupted(const Deadline& deadline) {
  if (last_signal == 0) return false;
  if (deadline.has_interruption()) return true;
  if (is_cancellable()) throw Cancelled{last_signal};
  return false;
}

bool is_signal_due(const Deadline& deadline) noexcept {
  return deadline.is_interruptible() && living->has_come();
}

bool is_to_be_interrupted(const Deadline& deadline) {
  return is_signal_due(deadline) && has_been_interrupted(deadline);
}

bool is_over(const Deadline& deadline) { return has_been_interrupted(deadline) || deadline.has_passed(); }

const sigset_t* mask_while_waiting() noexcept {
  handle_caught();
  return living != nullptr ? &while_waiting : nullptr;
}

const sigset_t* mask_for_programs() noexcept {
  if (received_elsewhere) return &received_elsewhere->outside;
  return living != nullptr ? &before : nullptr;
}

void leave_to_receiver(const std::optional<ReceivedSignals>& received) noexcept {
  received_elsewhere = received;
  if (living == nullptr || !received) return;
  stop_handling();
  left_by_receiver = received->signals;
  for_each_of(*left_by_receiver, [](int signal) {
    ::sigdelset(&caught, signal);
    ::sigaddset(&while_waiting, signal);
  });
}

SignalWindow::SignalWindow(RecurringAlarm& alarm) noexcept {
  if (living == nullptr) return;
  handle_caught();
  alarm_of_call = &alarm;
  ::pthread_sigmask(SIG_UNBLOCK, &caught, nullptr);
}

SignalWindow::~SignalWindow() {
  if (living == nullptr) return;
  ::pthread_sigmask(SIG_BLOCK, &caught, nullptr);
  alarm_of_call = nullptr;
}

}  // namespace ipcutils
