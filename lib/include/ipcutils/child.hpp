// Processes that this one has started.
#pragma once

#include <sys/types.h>

#include <csignal>
#include <functional>
#include <ipcutils/deadline.hpp>
#include <ipcutils/export.hpp>
#include <ipcutils/file_descriptor.hpp>
#include <optional>
#include <utility>

namespace ipcutils {

// A process that this one has started and that nobody else waits for. Move-only; destroying it neither ends
// the process nor waits for it. Manual pages: pidfd_open(2), waitpid(2).
class IPCUTILS_EXPORT Child {
 public:
  // fork(2). Returns twice; in the new process nothing. Errors: EAGAIN, ENOMEM; EMFILE, ENFILE, when no
  // descriptor is left to watch the process by.
  static std::optional<Child> fork();

  // Takes over what start() has started; it returns a process, or throws.
  static Child started_by(const std::function<pid_t()>& start);

  Child(Child&& other) noexcept
      : m_process{std::exchange(other.m_process, 0)}, m_ended{std::move(other.m_ended)} {}
  Child& operator=(Child&& other) noexcept;
  ~Child();

  pid_t pid() const noexcept { return m_process; }

  // Readable when it has ended; -1 where the kernel cannot tell.
  int fd() const noexcept { return m_ended.get(); }

  // Its exit status, as a shell has it: 128 and the signal that it died of. Nothing when `deadline` has
  // passed before it has ended.
  std::optional<int> wait(const Deadline& deadline);

  void send(int signal) const noexcept;

  // To its whole process group, which it leads: after Command::Session::is_own.
  void send_to_group(int signal) const noexcept;

  // In a new process: ends it by this signal when the process that has started it ends.
  static void die_with_parent(int signal) noexcept;

 private:
  explicit Child(pid_t process);

  pid_t m_process;  // 0: waited for, or moved from
  FileDescriptor m_ended;
};

// While it lives, children that no Child knows are reaped: those that this process inherited by execve(2),
// and as process 1 of a container the orphans of others. By a handler of SIGCHLD. One at a time.
class IPCUTILS_EXPORT StrangerReaper {
 public:
  StrangerReaper();
  StrangerReaper(const StrangerReaper&) = delete;
  StrangerReaper& operator=(const StrangerReaper&) = delete;
  ~StrangerReaper();

 private:
  struct sigaction m_old;
};

}  // namespace ipcutils
