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

bool is_mailbox(const Reference& reference) { return reference.kind == Kind::mb; }

bool has_size(const Reference& reference) { return reference.kind == Kind::shm || is_mailbox(reference); }

bool is_semaphore(const Reference& reference) { return reference.kind == Kind::sem; }

bool is_set(const Reference& reference) {
  return is_semaphore(reference) && SemaphoreSet::has_several(reference);
}

template <MessageQueue::Feature feature>
bool is_queue_with(const Reference& reference) {
  return reference.kind == Kind::mq && MessageQueue::supports(reference, feature);
}

constexpr auto has_message_limits = is_queue_with<MessageQueue::Feature::message_limits>;
constexpr auto has_byte_limit = is_queue_with<MessageQueue::Feature::byte_limit>;

constexpr MakingOption options[] = {
    {"mode", "all", [](const Reference&) { return true; },
     [](Making& making, std::string_view value) { making.mode = parse_mode(value, 0600); }},
    {"size", "shared memory and mailboxes", has_size,
     [](Making& making, std::string_view value) { making.size = parse_size(value, 1); }},
    {"on-full", "mailboxes", is_mailbox,
     [](Making& making, std::string_view value) { making.on_full = parse_on_full(value); }},
    {"max-messages", "POSIX message queues", has_message_limits,
     [](Making& making, std::string_view value) {
       making.max_messages = parse_number(value, "number of messages", 1);
     }},
    {"max-size", "POSIX message queues", has_message_limits,
     [](Making& making, std::string_view value) { making.max_message_size = parse_size(value, 1); }},
    {"qbytes", "System V message queues", has_byte_limit,
     [](Making& making, std::string_view value) { making.max_bytes = parse_size(value, 1); }},
    {"sems", "System V semaphores", is_set,
     [](Making& making, std::string_view value) { making.count = parse_semaphore_count(value); }},
    {"init", "semaphores", is_semaphore,
     [](Making& making, std::string_view value) {
       making.value = static_cast<unsigned>(parse_number(value, "value", 0, 2147483647));
     }},
};

MessageQueue::CreateOptions queue_options(const Reference& reference, const Making& making) {
  MessageQueue::CreateOptions how{.mode = making.mode};
  if (has_message_limits(reference)) {
    how.max_messages = making.max_messages;
    how.max_message_size = making.max_message_size;
  }
  if (has_byte_limit(reference)) how.max_bytes = making.max_bytes;
  return how;
}

SemaphoreSet::CreateOptions semaphore_options(const Reference& reference, const Making& making) {
  return {.mode = making.mode,
          .count = is_set(reference) ? making.count.value_or(1) : 1,
          .value = making.value.value_or(1)};
}

Mailbox::CreateOptions mailbox_options(const Making& making) {
  Mailbox::CreateOptions how{.mode = making.mode};
  how.size = making.size.value_or(how.size);
  how.on_full = making.on_full.value_or(how.on_full);
  return how;
}

}  // namespace

unsigned parse_semaphore_count(std::string_view text) {
  return static_cast<unsigned>(parse_number(text, "number of semaphores", 1, 65535));
}

const MakingOption& making_option(std::string_view name) {
  const auto option = std::ranges::find(options, name, &MakingOption::name);
  if (option == std::end(options))
    throw UsageError{fmt::format("unknown option {} of an object", quote(name))};
  return *option;
}

void require_makeable(const Reference& reference, const Making& making) {
  if (reference.kind == Kind::fifo)
    throw UsageError{fmt::format("cannot make {}: mkfifo-pipe makes FIFOs", reference.description())};
  if (std::holds_alternative<SysvId>(reference.name))
    throw UsageError{
        fmt::format("the kernel chooses the identifier of a new object: use a key, or '{}:private'",
                    kind_name(reference.kind))};
  if (reference.kind == Kind::shm && !making.size)
    throw UsageError{fmt::format("the size of {} is missing", reference.description())};
}

std::optional<Reference> make_object(const Reference& reference, const Making& making) {
  switch (reference.kind) {
    case Kind::mq:
      return MessageQueue::create(reference, queue_options(reference, making));
    case Kind::sem:
      return SemaphoreSet::create(reference, semaphore_options(reference, making));
    case Kind::mb:
      return Mailbox::create(reference, mailbox_options(making));
    default:
      return SharedMemory::create(reference, making.size.value(), making.mode);
  }
}

}  // namespace ipcutils::cli
