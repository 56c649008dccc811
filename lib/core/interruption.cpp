#include <ipcutils/interruption.hpp>
#include <optional>

#include "recurring_alarm.hpp"

namespace ipcutils {

namespace {

// Handlers have no argument of their own.
volatile std::sig_atomic_t last_signal = 0;
volatile std::sig_atomic_t last_code = 0;
std::optional<RecurringAlarm> alarm_clock;

extern "C" void note_signal(int signal, siginfo_t* information, void*) {
  last_signal = signal;
  last_code = information->si_code;
  if (alarm_clock) alarm_clock->arm();
}

}  // namespace

Interruption::Interruption(std::initializer_list<int> signals) {
  last_signal = 0;
  alarm_clock.emplace();
  struct sigaction action {};
  action.sa_sigaction = note_signal;
  action.sa_flags = SA_SIGINFO;  // without SA_RESTART
  for (const int signal : signals) {
    Old old{signal, {}};
    ::sigaction(signal, nullptr, &old.action);
    if (old.action.sa_handler == SIG_IGN) continue;
    ::sigaction(signal, &action, nullptr);
    m_old.push_back(old);
  }
}

Interruption::~Interruption() {
  for (const auto& old : m_old) ::sigaction(old.signal, &old.action, nullptr);
  alarm_clock.reset();
}

int Interruption::signal() const noexcept { return last_signal; }

bool Interruption::is_from_terminal() const noexcept { return has_come() && last_code == SI_KERNEL; }

void Interruption::reset() noexcept {
  last_signal = 0;
  alarm_clock->disarm();
}

}  // namespace ipcutils
