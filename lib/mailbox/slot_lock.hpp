// The locks that own slots; fcntl(2). Internal.
#pragma once

#include <fcntl.h>

#include <cstdint>
#include <optional>

#include "layout.hpp"

namespace ipcutils::mailbox {

// Of a slot, for F_OFD_SETLK and F_OFD_GETLK; `type` is F_WRLCK or F_UNLCK.
inline struct flock lock_of_slot(std::uint32_t index, short type) noexcept {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = static_cast<off_t>(slot_locks + index);
  lock.l_len = 1;
  return lock;
}

// Whether another handle that lives owns the slot: the kernel takes the lock of a dead one away. Nothing and
// errno on failure.
inline std::optional<bool> is_slot_locked(int file, std::uint32_t index) noexcept {
  auto lock = lock_of_slot(index, F_WRLCK);
  if (::fcntl(file, F_OFD_GETLK, &lock) != 0) return std::nullopt;
  return lock.l_type != F_UNLCK;
}

}  // namespace ipcutils::mailbox
