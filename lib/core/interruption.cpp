#include <pthread.h>
#include <time.h>

#include <ipcutils/interruption.hpp>

#include "recurring_alarm.hpp"
#include "signal_mask.hpp"

namespace ipcutils {

namespace {

// Handlers have no argument of their own.
volatile std::sig_atomic_t last_signal = 0;
volatile std::sig_atomic_t last_code = 0;
RecurringAlarm* volatile alarm_of_call = nullptr;

const Interruption* living = nullptr;
sigset_t caught;
sigset_t outside;
std::optional<ReceivedSignals> received_elsewhere;

bool is_received_elsewhere(int signal) {
  return received_elsewhere && ::sigismember(&received_elsewhere->signals, signal) == 1;
}

void note(int signal, int code) {
  last_signal = signal;
  last_code = code;
}

extern "C" void note_signal(int signal, siginfo_t* information, void*) {
  note(signal, information->si_code);
  if (alarm_of_call != nullptr) alarm_of_call->arm();
}

}  // namespace

Interruption::Interruption(std::initializer_list<int> signals) {
  last_signal = 0;
  ::sigemptyset(&caught);
  struct sigaction action {};
  action.sa_sigaction = note_signal;
  action.sa_flags = SA_SIGINFO;  // without SA_RESTART
  for (const int signal : signals) {
    if (is_received_elsewhere(signal)) continue;
    Old old{signal, {}};
    ::sigaction(signal, nullptr, &old.action);
    if (old.action.sa_handler != SIG_IGN) {
      ::sigaddset(&caught, signal);
      m_old.push_back(old);
    }
  }
  ::pthread_sigmask(SIG_BLOCK, &caught, &outside);
  living = this;
  for (const auto& old : m_old) ::sigaction(old.signal, &action, nullptr);
}

// A signal that is pending meets its old action.
Interruption::~Interruption() {
  for (const auto& old : m_old) ::sigaction(old.signal, &old.action, nullptr);
  living = nullptr;
  ::pthread_sigmask(SIG_SETMASK, &outside, nullptr);
}

int Interruption::signal() const noexcept {
  constexpr struct timespec at_once {};
  siginfo_t information;
  if (last_signal == 0 && ::sigtimedwait(&caught, &information, &at_once) > 0)
    note(information.si_signo, information.si_code);
  return last_signal;
}

bool Interruption::is_from_terminal() const noexcept {
  return has_come() && last_code == SI_KERNEL && (last_signal == SIGINT || last_signal == SIGQUIT);
}

const Interruption* Interruption::alive() noexcept { return living; }

void Interruption::reset() noexcept { last_signal = 0; }

bool has_noted_signal() noexcept { return last_signal != 0; }

const sigset_t* mask_while_waiting() noexcept { return living != nullptr ? &outside : nullptr; }

const sigset_t* mask_for_programs() noexcept {
  return received_elsewhere ? &received_elsewhere->outside : mask_while_waiting();
}

void leave_to_receiver(const std::optional<ReceivedSignals>& received) noexcept {
  received_elsewhere = received;
}

SignalWindow::SignalWindow(RecurringAlarm& alarm) noexcept {
  if (living == nullptr) return;
  alarm_of_call = &alarm;
  ::pthread_sigmask(SIG_UNBLOCK, &caught, nullptr);
}

SignalWindow::~SignalWindow() {
  if (living == nullptr) return;
  ::pthread_sigmask(SIG_BLOCK, &caught, nullptr);
  alarm_of_call = nullptr;
}

}  // namespace ipcutils
