#include "environment.hpp"

#include <csignal>
#include <ipcutils/signals.hpp>

#include "exit_status.hpp"

namespace ipcutils::cli {

namespace {

Environment* current_environment = nullptr;

}  // namespace

Environment::Environment(ipcutils_environment& given) noexcept
    : m_given{given}, m_outer{current_environment} {
  current_environment = this;
}

Environment::~Environment() { current_environment = m_outer; }

Environment& Environment::current() noexcept {
  if (current_environment != nullptr) return *current_environment;
  static ipcutils_environment process{};
  static Environment of_process{process};
  return of_process;
}

void Environment::require_process() const {
  if (!is_process()) throw NeedsProcess{};
}

int Environment::ask_for_process() noexcept {
  m_given.needs_process = 1;
  return exit_success;
}

// The shell is no writer that has lost its reader, so SIGPIPE is not for it.
int Environment::end_by_signal(int signal) noexcept {
  if (is_process()) die_of_signal(signal);
  if (signal != SIGPIPE) m_given.signal = signal;
  return exit_signal + signal;
}

}  // namespace ipcutils::cli
