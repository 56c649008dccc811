// Receiving signals one by one, instead of by handlers.
#pragma once

#include <sys/types.h>

#include <ipcutils/deadline.hpp>
#include <ipcutils/export.hpp>
#include <ipcutils/file_descriptor.hpp>
#include <optional>
#include <span>
#include <string>

namespace ipcutils {

struct ReceivedSignal {
  int signal;
  std::optional<int> value;  // only signals that are queued with one have it
  pid_t pid;                 // of the sender; 0: the kernel, or a process of another PID namespace
  uid_t uid;
  int code;  // si_code of sigaction(2)
};

// "user" for kill(2), "queue" for sigqueue(3), "kernel", "timer", "exited", …: the name of si_code of
// sigaction(2) in small letters and without its prefix; a code without a name is its number.
IPCUTILS_EXPORT std::string signal_code_name(const ReceivedSignal& received);

// Takes signals in the order in which the kernel delivers them: lower numbers first, and real-time signals of
// one number in the order in which they were sent, each of them. They are blocked from its construction on,
// so none that comes later is lost. They stay blocked when it is destroyed, since one that is still queued
// could end the process.
//
// One at a time, made before other threads and before an Interruption, which leaves its signals to it. The
// programs that Command starts get the mask of before. Manual pages: signalfd(2), signal(7).
class IPCUTILS_EXPORT SignalReceiver {
 public:
  // Throws Error: EINVAL for SIGKILL and SIGSTOP, which nobody can receive; EMFILE, ….
  explicit SignalReceiver(std::span<const int> signals);
  SignalReceiver(const SignalReceiver&) = delete;
  SignalReceiver& operator=(const SignalReceiver&) = delete;
  ~SignalReceiver();

  // Readable, as poll(2) has it, when a signal is pending.
  int fd() const noexcept { return m_signals.get(); }

  // Waits for one. Nothing when `deadline` has passed.
  std::optional<ReceivedSignal> receive(const Deadline& deadline);

 private:
  FileDescriptor m_signals;
};

}  // namespace ipcutils
