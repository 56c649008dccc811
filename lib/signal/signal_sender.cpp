#include <ipcutils/signal_sender.hpp>

#include <sys/syscall.h>
#include <unistd.h>

#include <ipcutils/signal_name.hpp>

#include "../core/backoff.hpp"
#include "../core/failure.hpp"

namespace ipcutils {

bool queue_signal(const ProcessHandle& process, int signal, int value, const Deadline& deadline) {
  siginfo_t information{};
  information.si_signo = signal;
  information.si_code = SI_QUEUE;
  information.si_pid = ::getpid();
  information.si_uid = ::getuid();
  information.si_value.sival_int = value;
  const auto attempt = [&] {
    return signal == 0 ? fmt::format("cannot signal process {}", process.pid())
                       : fmt::format("cannot send {} to process {}", signal_name(signal), process.pid());
  };
  return poll_with_backoff(deadline,
                           [&]() -> std::optional<bool> {
                             // A process that has ended takes signals until its parent waits for it, to no
                             // effect.
                             if (process.has_ended()) throw Error::because(ESRCH, attempt(), "it has ended");
                             if (::syscall(SYS_pidfd_send_signal, process.fd(), signal, &information, 0) == 0)
                               return true;
                             if (errno != EAGAIN) throw Error{errno, attempt()};
                             return std::nullopt;
                           })
      .has_value();
}

}  // namespace ipcutils
