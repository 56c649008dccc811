#include "fatal_signal.hpp"

namespace ipcutils::cli {

namespace {

// What the handler calls. Handlers have no argument of their own.
void (*volatile active_clean_up)(void*) = nullptr;
void* volatile active_subject = nullptr;

// SA_RESETHAND has restored the default, so that the signal ends the process as soon as the handler returns.
extern "C" void clean_up_and_die(int signal) {
  if (active_clean_up != nullptr) active_clean_up(active_subject);
  std::raise(signal);
}

}  // namespace

FatalSignalCleanup::FatalSignalCleanup(void (*clean_up)(void* subject), void* subject) {
  active_subject = subject;
  active_clean_up = clean_up;
  struct sigaction action {};
  action.sa_handler = clean_up_and_die;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  for (std::size_t i = 0; i < signals.size(); ++i) {
    ::sigaction(signals[i], nullptr, &m_old[i]);
    if (m_old[i].sa_handler != SIG_IGN) ::sigaction(signals[i], &action, nullptr);
  }
}

FatalSignalCleanup::~FatalSignalCleanup() {
  for (std::size_t i = 0; i < signals.size(); ++i) ::sigaction(signals[i], &m_old[i], nullptr);
  active_clean_up = nullptr;
}

}  // namespace ipcutils::cli
