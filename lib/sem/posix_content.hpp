// What the file of a POSIX semaphore holds: glibc's sem_t. Internal.
#pragma once

#include <ipcutils/semaphore_set.hpp>
#include <optional>

#include "../core/named_file.hpp"

namespace ipcutils::sem_posix {

// The state in the open file of a semaphore, read once; nothing and errno on failure.
std::optional<SemaphoreState> read_state(int file);

// Throws Error (EINVAL) for a file that holds anything else: it would abort, hang or kill (SIGBUS) who uses
// it as a semaphore.
void require_semaphore(const NamedFile& file, const Reference& reference);

}  // namespace ipcutils::sem_posix
