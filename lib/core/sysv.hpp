// What System V's three mechanisms have in common: keys, identifiers, owners. Internal.
#pragma once

#include <sys/ipc.h>

#include <functional>
#include <initializer_list>
#include <ipcutils/access.hpp>
#include <ipcutils/reference.hpp>
#include <optional>

namespace ipcutils {

// How the kernel says that there is no such object (any more).
bool is_missing(int errnum) noexcept;

// The key that a new object gets. An identifier is refused: the kernel chooses it.
key_t key_for_new(const Reference& reference);

// The identifier of an existing object; nothing when none has the key. `get` is shmget(2), msgget(2) or
// semget(2) without any flag. 'private' is refused.
std::optional<int> find_id(const Reference& reference, int (*get)(key_t key));

// The status of an object, also of one that the caller may not read. False, and errno says whether it has
// gone (is_missing()) or cannot be looked at, as before Linux 4.17. The kernel tells everybody through the
// …_STAT_ANY commands, but by index, which is the lower half of the identifier.
// `control(id_or_index, command)` calls shmctl(2) or its like, and returns what that returns.
template <typename Control>
bool stat_any(int id, int stat_command, int stat_any_command, Control control) {
  if (control(id, stat_command) != -1) return true;
  if (errno != EACCES) return false;
  for (const int index_mask : {0x7fff, 0xffffff})  // 15 bits, or 24 with ipcmni_extend
    if (control(id & index_mask, stat_any_command) == id) return true;
  return control(id, stat_command) != -1;
}

// Throws Error (EPERM) unless owner and creator are trusted.
void require_trusted(const struct ipc_perm& permissions, const Reference& reference, Trust trust);

}  // namespace ipcutils
