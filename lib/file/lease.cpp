#include "lease.hpp"

#include <fcntl.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <ipcutils/signal_block.hpp>

namespace ipcutils {

namespace {

// Who opens a file with a lease makes the kernel send its holder SIGIO. It is taken here.
void take_pending_sigio() {
  sigset_t only;
  ::sigemptyset(&only);
  ::sigaddset(&only, SIGIO);
  const struct timespec at_once {};
  ::sigtimedwait(&only, nullptr, &at_once);
}

}  // namespace

std::optional<bool> is_open_elsewhere(int file) {
  const SignalBlock block;
  // Otherwise any thread of the process that has not blocked SIGIO would get it.
  const f_owner_ex this_thread{F_OWNER_TID, ::gettid()};
  if (::fcntl(file, F_SETOWN_EX, &this_thread) == -1) return std::nullopt;
  if (::fcntl(file, F_SETLEASE, F_WRLCK) == -1) return errno == EAGAIN ? std::optional{true} : std::nullopt;
  ::fcntl(file, F_SETLEASE, F_UNLCK);
  take_pending_sigio();
  return false;
}

}  // namespace ipcutils
