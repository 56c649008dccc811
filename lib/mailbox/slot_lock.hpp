// The locks that own slots; fcntl(2). Internal.
#pragma once

#include <fcntl.h>

#include <cstdint>

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

}  // namespace ipcutils::mailbox
