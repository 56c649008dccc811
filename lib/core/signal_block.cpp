#include <ipcutils/signal_block.hpp>

namespace ipcutils {

SignalBlock::SignalBlock() noexcept {
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &m_old);
}

SignalBlock::~SignalBlock() { ::pthread_sigmask(SIG_SETMASK, &m_old, nullptr); }

}  // namespace ipcutils
