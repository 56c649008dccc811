// System V shared memory segments. Internal.
#pragma once

#include <memory>
#include <optional>

#include "backend.hpp"

namespace ipcutils {

// The mode of a segment that its maker still fills. Nobody but the owner may attach it, and no program has a
// reason to grant others nothing but execution, which means nothing for segments.
inline constexpr mode_t unfinished_mode = 0701;

// Permission to execute means nothing for segments. Others' mode 0701 must not look unfinished.
inline constexpr mode_t meaningful_mode = 0666;

std::unique_ptr<SharedMemory::Backend> open_segment_if_exists(const Reference& reference, Access access,
                                                              Trust trust);

std::optional<SharedMemoryDraft> begin_segment(const Reference& reference,
                                               const SharedMemoryDraft::Options& options);

// A segment of zeros is complete as soon as it is there, so it need not be a draft.
std::optional<Reference> create_segment(const Reference& reference, std::uint64_t size, mode_t mode);

bool remove_segment_if_exists(const Reference& reference);

}  // namespace ipcutils
