// Processes that this one has not started, so that no other process is mistaken for them.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <ipcutils/export.hpp>
#include <ipcutils/file_descriptor.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ipcutils {

// PID, or PID:STARTTIME, which no later process has. A value.
struct IPCUTILS_EXPORT ProcessReference {
  pid_t pid;
  std::optional<std::uint64_t> start_time = std::nullopt;  // as field 22 of /proc/PID/stat has it

  // Throws Error (EINVAL).
  static ProcessReference parse(std::string_view text);

  std::string text() const;
};

// How a process has ended.
struct ProcessEnd {
  int status;  // its exit status, or the signal that it died of
  bool is_by_signal;
};

// A process, whatever becomes of its number: the kernel keeps the number of a process that has ended from
// meaning another one here. Move-only; destroying it does nothing to the process.
// Manual pages: pidfd_open(2), proc_pid_stat(5).
class IPCUTILS_EXPORT ProcessHandle {
 public:
  // Throws Error: ESRCH, also when the process of that number has another start time; ENOSYS before Linux
  // 5.3; EACCES when the start time is to be compared and cannot be read.
  static ProcessHandle open(const ProcessReference& reference);

  pid_t pid() const noexcept { return m_pid; }

  // PID:STARTTIME. Throws Error: ESRCH, EACCES.
  ProcessReference reference() const;

  // Readable, as poll(2) has it, when the process has ended with all its threads.
  int fd() const noexcept { return m_process.get(); }
  bool has_ended() const;

  // How it has ended, once it has; nothing where the kernel does not tell: it tells everybody since Linux
  // 6.15, and before it parents, of a process that its parent has not waited for yet, which stays so. It
  // blocks for a moment, since the parent may be about to.
  std::optional<ProcessEnd> end() const;

 private:
  ProcessHandle(pid_t pid, FileDescriptor process) noexcept : m_pid{pid}, m_process{std::move(process)} {}

  pid_t m_pid;
  FileDescriptor m_process;
};

}  // namespace ipcutils
