#include "object_making.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ipcutils/message_queue.hpp>
#include <ipcutils/mode.hpp>
#include <ipcutils/number.hpp>
#include <ipcutils/quote.hpp>
#include <ipcutils/semaphore_set.hpp>
#include <ipcutils/shared_memory.hpp>

#include "usage_error.hpp"

namespace ipcutils::cli {

namespace {

struct MakingOption {
  std::string_view name;
  void (*set)(Making& making, std::string_view value);
};

constexpr MakingOption options[] = {
    {"mode", [](Making& making, std::string_view value) { making.mode = parse_mode(value, 0600); }},
    {"size", [](Making& making, std::string_view value) { making.size = parse_size(value, 1); }},
    {"max-messages",
     [](Making& making, std::string_view value) {
       making.max_messages = parse_number(value, "number of messages", 1);
     }},
    {"max-size",
     [](Making& making, std::string_view value) { making.max_message_size = parse_size(value, 1); }},
    {"qbytes", [](Making& making, std::string_view value) { making.max_bytes = parse_size(value, 1); }},
    {"sems", [](Making& making, std::string_view value) { making.count = parse_semaphore_count(value); }},
    {"init",
     [](Making& making, std::string_view value) {
       making.value = static_cast<unsigned>(parse_number(value, "value", 0, 2147483647));
     }},
};

MessageQueue::CreateOptions queue_options(const Reference& reference, const Making& making) {
  using Feature = MessageQueue::Feature;
  MessageQueue::CreateOptions how{.mode = making.mode};
  if (MessageQueue::supports(reference, Feature::message_limits)) {
    how.max_messages = making.max_messages;
    how.max_message_size = making.max_message_size;
  }
  if (MessageQueue::supports(reference, Feature::byte_limit)) how.max_bytes = making.max_bytes;
  return how;
}

SemaphoreSet::CreateOptions semaphore_options(const Reference& reference, const Making& making) {
  const bool has_several = SemaphoreSet::has_several(reference);
  return {.mode = making.mode,
          .count = has_several ? making.count.value_or(1) : 1,
          .value = making.value.value_or(1)};
}

}  // namespace

unsigned parse_semaphore_count(std::string_view text) {
  return static_cast<unsigned>(parse_number(text, "number of semaphores", 1, 65535));
}

void set_making_option(Making& making, std::string_view name, std::string_view value) {
  const auto option = std::ranges::find(options, name, &MakingOption::name);
  if (option == std::end(options))
    throw UsageError{fmt::format("unknown option {} of an object", quote(name))};
  option->set(making, value);
}

void require_makeable(const Reference& reference, const Making& making) {
  constexpr Kind makeable[] = {Kind::shm, Kind::mq, Kind::sem};
  if (std::ranges::find(makeable, reference.kind) == std::end(makeable))
    throw UsageError{fmt::format("cannot make a {}: only shared memory, message queues and semaphores",
                                 kind_noun(reference.kind))};
  if (std::holds_alternative<SysvId>(reference.name))
    throw UsageError{
        fmt::format("the kernel chooses the identifier of a new object: use a key, or '{}:private'",
                    kind_name(reference.kind))};
  if (reference.kind == Kind::shm && !making.size)
    throw UsageError{"--size is missing: shared memory has no size by itself"};
}

std::optional<Reference> make_object(const Reference& reference, const Making& making) {
  switch (reference.kind) {
    case Kind::mq:
      return MessageQueue::create(reference, queue_options(reference, making));
    case Kind::sem:
      return SemaphoreSet::create(reference, semaphore_options(reference, making));
    default:
      return SharedMemory::create(reference, making.size.value(), making.mode);
  }
}

}  // namespace ipcutils::cli
