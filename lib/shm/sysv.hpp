// System V shared memory segments. Internal.
#pragma once

#include <memory>
#include <optional>

#include "backend.hpp"

namespace ipcutils {

std::unique_ptr<SharedMemory::Backend> open_segment_if_exists(const Reference& reference, Access access,
                                                              Trust trust);

std::optional<SharedMemoryDraft> begin_segment(const Reference& reference,
                                               const SharedMemoryDraft::Options& options);

// A segment of zeros is complete as soon as it is there, so it need not be a draft.
std::optional<Reference> create_segment(const Reference& reference, std::uint64_t size, mode_t mode);

bool remove_segment_if_exists(const Reference& reference);

}  // namespace ipcutils
