#include <ipcutils/mailbox.hpp>

#include <unistd.h>

#include <algorithm>
#include <bit>
#include <ipcutils/quote.hpp>

#include "../core/failure.hpp"
#include "../core/futex.hpp"
#include "../core/write_whole.hpp"
#include "../file/object_file.hpp"
#include "../shm/regular_file.hpp"
#include "mapped_file.hpp"

namespace ipcutils {

namespace {

constexpr std::string_view on_full_names[] = {"block", "drop", "overwrite"};

// The next multiple.
constexpr std::uint64_t rounded_up(std::uint64_t size, std::uint64_t unit) {
  return (size + unit - 1) / unit * unit;
}

// Wakes those who wait, once the name has gone. Whoever may not open the mailbox cannot tell them; they see
// it when their sleep ends by itself.
void tell_removed(const std::unique_ptr<mailbox::MappedFile>& file) {
  if (!file) return;
  auto& shared = file->header();
  shared.is_removed.store(1);
  shared.room.fetch_add(1);
  shared.arrivals.fetch_add(1);
  wake_all(shared.arrivals);
  wake_all(shared.room);
  wake_all(shared.turn);
}

std::unique_ptr<mailbox::MappedFile> open_to_tell(const Reference& reference) {
  try {
    return mailbox::MappedFile::open_if_exists(reference, Trust::anybody);
  } catch (const Error&) {
    return nullptr;
  }
}

}  // namespace

std::string_view on_full_name(OnFull on_full) noexcept {
  return on_full_names[static_cast<std::uint32_t>(on_full)];
}

OnFull parse_on_full(std::string_view text) {
  const auto* const found = std::ranges::find(on_full_names, text);
  if (found == std::end(on_full_names))
    throw Error::invalid(fmt::format("invalid action {}", quote(text)),
                         "there are block, drop and overwrite");
  return static_cast<OnFull>(found - on_full_names);
}

std::optional<Reference> Mailbox::create(const Reference& reference, const CreateOptions& options) {
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  if (options.size > max_size)
    throw Error{EFBIG, fmt::format("cannot create {}", reference.description()),
                fmt::format("its size is at most {}", max_size)};
  const auto capacity = std::bit_ceil(std::max(options.size, page));
  const auto ring_offset = rounded_up(sizeof(mailbox::Content), page);
  auto draft = begin_regular_file(reference, {.size = ring_offset + capacity, .mode = options.mode});
  draft.object().reserve(0, ring_offset + capacity);
  const mailbox::Beginning beginning{.ring_offset = static_cast<std::uint32_t>(ring_offset),
                                     .capacity = capacity,
                                     .on_full = options.on_full};
  if (!write_whole(draft.object().descriptor(), std::as_bytes(std::span{&beginning, 1})))
    fail(errno, "cannot create {}", reference.description());
  if (!draft.publish()) return std::nullopt;
  return reference;
}

bool Mailbox::remove_if_exists(const Reference& reference) {
  const auto file = open_to_tell(reference);
  if (!remove_object_file_if_exists(reference)) return false;
  tell_removed(file);
  return true;
}

}  // namespace ipcutils
