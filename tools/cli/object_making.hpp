// Making objects of any kind, as options and --make say.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <ipcutils/mailbox.hpp>
#include <ipcutils/reference.hpp>
#include <optional>
#include <string_view>

namespace ipcutils::cli {

// How an object is made. What its kind and API do not have is not looked at.
struct Making {
  mode_t mode = 0600;
  std::optional<std::uint64_t> size = std::nullopt;              // shared memory, mailboxes
  std::optional<OnFull> on_full = std::nullopt;                  // mailboxes
  std::optional<std::uint64_t> max_messages = std::nullopt;      // POSIX queues
  std::optional<std::uint64_t> max_message_size = std::nullopt;  // POSIX queues
  std::optional<std::uint64_t> max_bytes = std::nullopt;         // System V queues
  std::optional<unsigned> count = std::nullopt;                  // semaphores; 1
  std::optional<unsigned> value = std::nullopt;                  // of each; 1
};

// What can be said of an object that is to be made: mode, size, on-full, max-messages, max-size, qbytes,
// sems, init.
struct MakingOption {
  std::string_view name;
  std::string_view users;  // the objects that have it, in words
  bool (*fits)(const Reference& reference);
  void (*set)(Making& making, std::string_view value);  // throws Error for a value that it cannot have
};

// Throws UsageError when there is none of that name.
const MakingOption& making_option(std::string_view name);

unsigned parse_semaphore_count(std::string_view text);

// Throws UsageError for an object that cannot be made so.
void require_makeable(const Reference& reference, const Making& making);

// Makes it, and returns its canonical reference; nothing when there is one of that name.
std::optional<Reference> make_object(const Reference& reference, const Making& making);

}  // namespace ipcutils::cli
