// A lock on a file: a semaphore whose value is 1 while nobody holds it; flock(2). Internal.
#pragma once

#include <memory>

#include "backend.hpp"

namespace ipcutils::sem_file {

std::unique_ptr<SemaphoreSet::Backend> open_if_exists(const Reference& reference, Access access, Trust trust);
std::optional<Reference> create(const Reference& reference, const SemaphoreSet::CreateOptions& options);
bool remove_if_exists(const Reference& reference);

}  // namespace ipcutils::sem_file
