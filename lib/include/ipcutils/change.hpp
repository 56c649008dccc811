// Changing what an object is, not what it holds.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <ipcutils/export.hpp>
#include <ipcutils/reference.hpp>
#include <optional>

namespace ipcutils {

// What an object shall have; absent: as it is.
struct ObjectChange {
  std::optional<uid_t> owner = std::nullopt;
  std::optional<gid_t> group = std::nullopt;
  std::optional<mode_t> mode = std::nullopt;              // permission bits; the umask does not apply
  std::optional<std::uint64_t> size = std::nullopt;       // bytes; shared memory, not of System V
  std::optional<std::uint64_t> max_bytes = std::nullopt;  // that a queue holds; System V
  std::optional<bool> is_locked = std::nullopt;           // in memory; System V shared memory

  bool is_any() const noexcept { return owner || group || mode || size || max_bytes || is_locked; }
};

// Throws Error (EINVAL) for a change that objects of this kind and API cannot have.
IPCUTILS_EXPORT void require_changeable(const Reference& reference, const ObjectChange& change);

// Changes an existing object; false when there is none. Size or lock come first, then
// owner, mode and limit in one step: what has been done before a failure stays. Errors: EPERM (only owner,
// creator and root may), EBUSY (a segment that is still being filled), ENOSPC, EACCES. Manual pages:
// shmctl(2), msgctl(2), semctl(2), ftruncate(2), fchmod(2), fchown(2).
IPCUTILS_EXPORT bool change_if_exists(const Reference& reference, const ObjectChange& change);

}  // namespace ipcutils
