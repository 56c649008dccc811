#include <unistd.h>

#include <ipcutils/signals.hpp>

#include "../core/signal_mask.hpp"

namespace ipcutils {

namespace {

// Not SIG_IGN, which executed programs would inherit.
extern "C" void do_nothing(int) {}

}  // namespace

void die_of_signal(int signal) noexcept {
  constexpr int of_signal = 128;
  std::signal(signal, SIG_DFL);
  sigset_t only;
  ::sigemptyset(&only);
  ::sigaddset(&only, signal);
  ::sigprocmask(SIG_UNBLOCK, &only, nullptr);
  std::raise(signal);
  ::_exit(of_signal + signal);
}

SignalIsError::SignalIsError(int signal) noexcept : m_signal{is_error_already(signal) ? 0 : signal} {
  if (m_signal == 0) return;
  struct sigaction action {};
  action.sa_handler = do_nothing;
  ::sigaction(signal, nullptr, &m_old);
  if (m_old.sa_handler != SIG_IGN) ::sigaction(signal, &action, nullptr);
}

SignalIsError::~SignalIsError() {
  if (m_signal != 0) ::sigaction(m_signal, &m_old, nullptr);
}

}  // namespace ipcutils
