// A process for each job.
#pragma once

#include <cstdint>
#include <ipcutils/child.hpp>
#include <vector>

namespace ipcutils {

// Copies of this process that each do one job, at most so many at a time. Strangers are reaped and not
// counted. Not thread-safe.
class IPCUTILS_EXPORT Workers {
 public:
  // Errors: ENOSYS before Linux 5.3, or EPERM in a sandbox, which have no pidfd_open(2).
  explicit Workers(std::uint64_t most);

  bool are_full() const noexcept { return m_workers.size() >= m_most; }
  bool are_none() const noexcept { return m_workers.empty(); }

  // Readable when one of them has ended: then reap() forgets it.
  int fd() const noexcept { return m_ended.get(); }
  void reap();

  // Returns twice: true in the new process. When there is no process, memory or descriptor to be had, waits
  // for one of the workers to end and tries again, until `deadline` (EAGAIN, ENOMEM, EMFILE, ENFILE).
  bool start(const Deadline& deadline);

 private:
  std::uint64_t m_most;
  StrangerReaper m_reaper;
  FileDescriptor m_ended;        // epoll(7) of the descriptors of all workers
  std::vector<Child> m_workers;  // in no order; a thousand of them take no memory worth mentioning
};

}  // namespace ipcutils
