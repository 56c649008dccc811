// Which objects of interprocess communication this system has.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <ctime>
#include <ipcutils/export.hpp>
#include <ipcutils/reference.hpp>
#include <optional>
#include <set>
#include <variant>
#include <vector>

namespace ipcutils {

enum class Api { sysv, posix, file };

// "sysv", "posix", "file"
IPCUTILS_EXPORT const char* api_name(Api api) noexcept;

// What only shared memory has. Absent: this API does not tell.
struct SharedMemoryStatus {
  std::uint64_t size;                     // bytes
  std::optional<std::uint64_t> attached;  // times attached, by shmat(2)
  std::optional<pid_t> creator;           // 0: in another PID namespace
  std::optional<pid_t> last_user;  // who attached or detached last; 0: nobody yet, or not in this namespace
  std::optional<std::time_t> attach_time;  // of the last shmat(2); 0: never
  std::optional<std::time_t> detach_time;
  std::uint64_t resident;  // bytes in memory
  std::uint64_t swapped;   // bytes in swap; POSIX: 0
  bool removed = false;    // marked for removal, waits for the last process to detach
  bool locked = false;     // cannot be swapped out (SHM_LOCK)
};

// One object, as it was at the moment of looking.
struct Object {
  Reference reference;  // canonical
  Api api;
  std::optional<std::uint32_t> key;  // System V; 0: private, or removed
  std::optional<int> id;             // System V
  mode_t mode;                       // permission bits
  uid_t uid;
  gid_t gid;
  std::optional<uid_t> creator_uid;  // System V
  std::optional<gid_t> creator_gid;
  std::optional<std::time_t> change_time;        // System V: of the last change by IPC_SET, or the making
  std::optional<std::time_t> modification_time;  // POSIX: of the last write(2)
  std::variant<SharedMemoryStatus> status;       // by reference.kind; a kind joins here with its mechanism
};

// Which objects to look for.
struct Selection {
  std::set<Kind> kinds = {Kind::shm};
  std::set<Api> apis = {Api::sysv, Api::posix};
};

// All objects of the selection (mapped files are never among them) that this process's IPC namespace and its
// /dev/shm hold, whoever owns them: System V by identifier, then POSIX by name. Opens none. What is in
// /dev/shm and is no object (a directory, a FIFO, a symbolic link, the files of semaphores and mailboxes) is
// left out. Does not block. Sources: proc_sysvipc(5), shm_overview(7).
IPCUTILS_EXPORT std::vector<Object> list_objects(const Selection& selection = {});

// One object by reference; nothing when there is none.
IPCUTILS_EXPORT std::optional<Object> find_object(const Reference& reference);

}  // namespace ipcutils
