// Messages in the ring of a mailbox. Internal.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>

#include "mapped_file.hpp"

namespace ipcutils::mailbox {

// Bytes of the ring that a message of so many bytes takes.
constexpr std::uint64_t space_of(std::uint64_t size) noexcept { return (sizeof(Record) + size + 7) / 8 * 8; }

constexpr std::uint32_t check_of(std::uint64_t position, std::uint64_t number, std::uint32_t size) noexcept {
  const auto mixed = (position / 8 + number * 0x9e3779b97f4a7c15) ^ (size * std::uint64_t{0x85ebca6b});
  return static_cast<std::uint32_t>(mixed ^ mixed >> 32);
}

// Copies out of the ring what a sender may be overwriting, so that the caller has to check afterwards whether
// it has. ThreadSanitizer would call it a race.
#ifdef __SANITIZE_THREAD__
__attribute__((no_sanitize("thread")))
#endif
inline void
copy_unlocked(void* to, const std::byte* from, std::size_t size) noexcept {
  std::memcpy(to, from, size);
}

// Orders what is copied in this manner and `oldest`. ThreadSanitizer does not know fences.
inline void fence([[maybe_unused]] std::memory_order order) noexcept {
#ifndef __SANITIZE_THREAD__
  std::atomic_thread_fence(order);
#endif
}

// The message at a position; nothing when there is none that ends at or before `end`.
inline std::optional<Record> record_at(const MappedFile& file, std::uint64_t position, std::uint64_t end) {
  Record record;
  copy_unlocked(&record, file.at(position), sizeof record);
  const auto left = end - position;
  const bool is_sound = position % 8 == 0 && left <= file.capacity() && left >= sizeof record &&
                        space_of(record.size) <= left &&
                        record.check == check_of(position, record.number, record.size);
  return is_sound ? std::optional{record} : std::nullopt;
}

}  // namespace ipcutils::mailbox
