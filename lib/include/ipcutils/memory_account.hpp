// What fills the file system of POSIX shared memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <ipcutils/error.hpp>
#include <ipcutils/export.hpp>
#include <ipcutils/inventory.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ipcutils {

// One part of it. A file with several names counts once.
struct MemoryPart {
  enum class What {
    shared_memory,
    semaphores,
    mailboxes,
    other,      // beside the objects: long symbolic links, what only looks like a semaphore or a mailbox
    directory,  // with all that is in it
    unlinked,   // a file without a name, that lasts as long as somebody has it open or mapped
    unknown     // what is used besides
  };

  What what;
  std::string path;                    // of a directory; that an unlinked file had; else of the file system
  std::uint64_t files;                 // how many make it up
  std::optional<std::uint64_t> bytes;  // in memory or swap; absent: nobody tells, and they are unknown
  std::vector<Holder> holders;         // of an unlinked file, by process
};

// "shared memory", "semaphores", "other", …
IPCUTILS_EXPORT std::string_view memory_part_name(MemoryPart::What what) noexcept;

struct MemoryAccount {
  std::vector<MemoryPart> parts;  // in the order above
  // Among what is unknown can be what these hold.
  std::size_t hidden_processes = 0;    // that may not be looked at
  std::size_t hidden_directories = 0;  // that may not be read
};

// Accounts for every byte that is used of /dev/shm, as statfs(2) tells it: the sizes of the parts add up to
// it. Without privilege only one's own processes can be looked at, and of a file that they have mapped and no
// longer open, the size takes CAP_SYS_ADMIN. So a part may be unknown; `failures` gets an Error if /proc
// lists no processes then.
//
// No parts where there is no /dev/shm. That it is no tmpfs of its own is an Error, as is an object that
// cannot be looked at; `failures` gets them instead of the caller, if given. Not a snapshot: what comes and
// goes meanwhile is in none of the parts, or in two. Sources: fts(3), proc(5).
IPCUTILS_EXPORT MemoryAccount account_for_memory(std::vector<Error>* failures = nullptr);

}  // namespace ipcutils
