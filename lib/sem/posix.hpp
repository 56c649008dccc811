// POSIX named semaphores; sem_overview(7). Internal.
#pragma once

#include <memory>

#include "backend.hpp"

namespace ipcutils::sem_posix {

std::unique_ptr<SemaphoreSet::Backend> open_if_exists(const Reference& reference, Access access, Trust trust);
std::optional<Reference> create(const Reference& reference, const SemaphoreSet::CreateOptions& options);
bool remove_if_exists(const Reference& reference);

// The state in the open file of a semaphore, read once; nothing and errno on failure.
std::optional<SemaphoreState> read_state(int file);

}  // namespace ipcutils::sem_posix
