// Which processes hold which objects.
#pragma once

#include <sys/types.h>

#include <ipcutils/export.hpp>
#include <ipcutils/inventory.hpp>
#include <map>
#include <string>
#include <vector>

namespace ipcutils {

struct Holder {
  pid_t pid;
  std::string command;  // its name, as /proc/PID/comm has it
  bool operator==(const Holder&) const = default;
};

// What every process of /proc has mapped and open, at one moment: a System V segment that is attached, a
// POSIX object that is mapped or has a descriptor. Nobody holds System V queues and semaphores.
//
// Without privilege only one's own processes can be looked at. Source: proc(5).
class IPCUTILS_EXPORT Holders {
 public:
  static Holders look();

  // Those of an object that are known, by process.
  std::vector<Holder> of(const Object& object) const;

  // Whether there can be no others: every process could be looked at, and none is in another PID namespace.
  bool are_complete() const noexcept { return m_are_complete; }

 private:
  void look_at_process(pid_t pid);
  void look_at_mappings(pid_t pid, bool is_in_our_ipc_namespace);
  void look_at_descriptors(pid_t pid);

  std::map<FileIdentity, std::vector<pid_t>> m_of_files;
  std::map<int, std::vector<pid_t>> m_of_segments;  // by identifier
  bool m_are_complete = true;
};

// What can be said of an object without guessing.
enum class Answer { no, yes, unknown };

// Whether nobody holds it. System V queues and semaphores: unknown.
IPCUTILS_EXPORT Answer is_unused(const Object& object, const Holders& holders);

// Whether those who made and used it are dead and nobody holds it. A System V segment: its creator, and who
// attached it last. A System V queue: both who sent and who received last. A System V set: who operated last
// on each semaphore, with nobody waiting. A POSIX object: as is_unused(). A process in another PID namespace
// is unknown.
IPCUTILS_EXPORT Answer is_orphaned(const Object& object, const Holders& holders);

}  // namespace ipcutils
