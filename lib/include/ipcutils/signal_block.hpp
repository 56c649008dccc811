// Holding signals back over a few system calls that belong together.
#pragma once

#include <csignal>
#include <ipcutils/export.hpp>

namespace ipcutils {

// Blocks all signals of the calling thread that can be blocked, and restores its mask at the end; those that
// came meanwhile are delivered then. pthread_sigmask(3).
class IPCUTILS_EXPORT SignalBlock {
 public:
  SignalBlock() noexcept;
  SignalBlock(const SignalBlock&) = delete;
  SignalBlock& operator=(const SignalBlock&) = delete;
  ~SignalBlock();

 private:
  sigset_t m_old;
};

}  // namespace ipcutils
