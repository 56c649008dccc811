// System V objects by the bare calls, for programs that promise no more than these: the classes of
// shared_memory.hpp, message_queue.hpp and semaphore_set.hpp add what makes objects safe to share.
#pragma once

#include <cstdint>
#include <ipcutils/export.hpp>
#include <ipcutils/reference.hpp>
#include <optional>
#include <vector>

// `kind` is shm, mq or sem throughout. Failures are Errors with the errno of the call.
namespace ipcutils::sysv {

// Makes an object and returns its identifier; nothing when one has the key (EEXIST). `size` is the bytes of a
// segment or the number of semaphores, which are 0 and not initialised (sem_otime is 0). `flags` are
// permission bits and whatever else the call takes, such as SHM_HUGETLB; the umask does not apply.
IPCUTILS_EXPORT std::optional<int> create(Kind kind, std::uint32_t key, std::uint64_t size, int flags);

// The identifier of the object that has a key. Errors: ENOENT, EACCES.
IPCUTILS_EXPORT int id_of(Kind kind, std::uint32_t key);

// Removes an object. Errors: EINVAL (there is none), EIDRM, EPERM.
IPCUTILS_EXPORT void remove(Kind kind, int id);

// The identifiers of the objects that the caller may read, in the order of the kernel's table. Error: ENOSYS.
IPCUTILS_EXPORT std::vector<int> list_readable(Kind kind);

}  // namespace ipcutils::sysv
