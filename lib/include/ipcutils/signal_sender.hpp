// Queueing signals.
#pragma once

#include <ipcutils/deadline.hpp>
#include <ipcutils/export.hpp>
#include <ipcutils/process_reference.hpp>

namespace ipcutils {

// Queues a signal with a value, as sigqueue(3), and never for another process than that of the handle. Signal
// 0 is none: it only checks that it could be sent. The kernel keeps each real-time signal; of another signal
// that is pending already, it drops this one.
//
// False when the user of that process has as many signals pending as RLIMIT_SIGPENDING allows, and this is
// still so when `deadline` has passed. Throws Error: ESRCH when the process has ended, whether or not its
// parent has waited for it, EPERM. Manual pages: pidfd_send_signal(2), setrlimit(2).
IPCUTILS_EXPORT bool queue_signal(const ProcessHandle& process, int signal, int value,
                                  const Deadline& deadline);

}  // namespace ipcutils
