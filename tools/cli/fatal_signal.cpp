#include "fatal_signal.hpp"

#include <unistd.h>

#include "exit_status.hpp"

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

// Not SIG_IGN, which executed programs would inherit.
extern "C" void do_nothing(int) {}

}  // namespace

void die_of_signal(int signal) {
  std::signal(signal, SIG_DFL);
  sigset_t only;
  ::sigemptyset(&only);
  ::sigaddset(&only, signal);
  ::sigprocmask(SIG_UNBLOCK, &only, nullptr);
  std::raise(signal);
  ::_exit(exit_signal + signal);
}

BrokenPipeIsError::BrokenPipeIsError() {
  struct sigaction action {};
  action.sa_handler = do_nothing;
  ::sigaction(SIGPIPE, nullptr, &m_old);
  if (m_old.sa_handler != SIG_IGN) ::sigaction(SIGPIPE, &action, nullptr);
}

BrokenPipeIsError::~BrokenPipeIsError() { ::sigaction(SIGPIPE, &m_old, nullptr); }

FatalSignalCleanup::FatalSignalCleanup(void (*clean_up)(void* subject), void* subject) {
  active_subject = subject;
  active_clean_up = clean_up;
  struct sigaction action {};
  action.sa_handler = clean_up_and_die;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  auto* old = m_old.begin();
  for (const int signal : fatal_signals) {
    ::sigaction(signal, nullptr, old);
    if (old->sa_handler != SIG_IGN) ::sigaction(signal, &action, nullptr);
    ++old;
  }
}

FatalSignalCleanup::~FatalSignalCleanup() {
  const auto* old = m_old.begin();
  for (const int signal : fatal_signals) ::sigaction(signal, old++, nullptr);
  active_clean_up = nullptr;
}

}  // namespace ipcutils::cli
