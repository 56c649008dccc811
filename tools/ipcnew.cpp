// ipcnew: makes objects of interprocess communication. Manual page: ipcnew(1).
#include <fmt/format.h>

#include <algorithm>
#include <ipcutils/inventory.hpp>
#include <ipcutils/message_queue.hpp>
#include <ipcutils/mode.hpp>
#include <ipcutils/number.hpp>
#include <ipcutils/semaphore_set.hpp>
#include <ipcutils/shared_memory.hpp>

#include "cli/command_line.hpp"
#include "cli/entry.hpp"
#include "cli/guarded_main.hpp"
#include "cli/output.hpp"

using namespace ipcutils;

namespace {

constexpr std::string_view tool = "ipcnew";

// One object to be made.
struct Order {
  Reference reference;
  std::optional<std::uint64_t> size = std::nullopt;  // shared memory; absent: that of the options
  std::optional<unsigned> count = std::nullopt;      // semaphores; absent: that of the options
};

struct Options {
  std::vector<Order> orders;
  mode_t mode = 0600;
  std::optional<std::uint64_t> size;
  MessageQueue::CreateOptions queue;
  std::optional<unsigned> count;
  std::optional<unsigned> value;
};

unsigned parse_count(std::string_view text) {
  return static_cast<unsigned>(parse_number(text, "number of semaphores", 1, 65535));
}

// An option that nothing which is to be made can use is a mistake.
void require_used(const Options& options) {
  const auto require = [&](bool is_given, std::string_view option, std::string_view what, auto can_use) {
    if (is_given && !std::ranges::any_of(options.orders, can_use))
      throw cli::UsageError{fmt::format("{} is for {}, and none is to be made", option, what)};
  };
  const auto queue_with = [](MessageQueue::Feature feature) {
    return [feature](const Order& order) {
      return order.reference.kind == Kind::mq && MessageQueue::supports(order.reference, feature);
    };
  };
  using Feature = MessageQueue::Feature;
  require(options.size.has_value(), "--size", "shared memory REF",
          [](const Order& order) { return order.reference.kind == Kind::shm && !order.size; });
  require(options.queue.max_messages.has_value(), "--max-messages", "POSIX message queues",
          queue_with(Feature::message_limits));
  require(options.queue.max_message_size.has_value(), "--max-size", "POSIX message queues",
          queue_with(Feature::message_limits));
  require(options.queue.max_bytes.has_value(), "--qbytes", "System V message queues",
          queue_with(Feature::byte_limit));
  require(options.count.has_value(), "--sems", "System V semaphores REF", [](const Order& order) {
    return order.reference.kind == Kind::sem && !order.count && SemaphoreSet::has_several(order.reference);
  });
  require(options.value.has_value(), "--init", "semaphores",
          [](const Order& order) { return order.reference.kind == Kind::sem; });
}

void require_makeable(const Order& order, const Options& options) {
  const auto& reference = order.reference;
  constexpr Kind makeable[] = {Kind::shm, Kind::mq, Kind::sem};
  if (std::ranges::find(makeable, reference.kind) == std::end(makeable))
    throw cli::UsageError{fmt::format("cannot make a {}: only shared memory, message queues and semaphores",
                                      kind_noun(reference.kind))};
  if (std::holds_alternative<SysvId>(reference.name))
    throw cli::UsageError{
        fmt::format("the kernel chooses the identifier of a new object: use a key, or '{}:private'",
                    kind_name(reference.kind))};
  if (reference.kind == Kind::shm && !order.size && !options.size)
    throw cli::UsageError{"--size is missing: shared memory has no size by itself"};
}

Options parse(int argc, char** argv) {
  Options options;
  cli::CommandLine command_line{{
      .tool = tool,
      .synopses = {"[OPTION]... [-M SIZE] [-Q] [-S N]", "[OPTION]... REF..."},
      .summary = "Make objects of interprocess communication and print their references.",
      .notes =
          "REF is shm:, mq: or sem:, and /NAME (POSIX), or KEY, ftok:PATH[:PROJ] or private (System V);\n"
          "or shm:file:PATH.",
  }};
  command_line.option("shmem,M", "SIZE", "make a private System V shared memory segment", [&](auto text) {
    options.orders.push_back({.reference = {Kind::shm, SysvPrivate{}}, .size = parse_size(text, 1)});
  });
  command_line.flag("queue,Q", "make a private System V message queue", [&] {
    options.orders.push_back({.reference = {Kind::mq, SysvPrivate{}}});
  });
  command_line.option("semaphore,S", "N", "make a private System V set of N semaphores", [&](auto text) {
    options.orders.push_back({.reference = {Kind::sem, SysvPrivate{}}, .count = parse_count(text)});
  });
  command_line.option("size", "SIZE", "size of each shared memory object REF",
                      [&](auto text) { options.size = parse_size(text, 1); });
  command_line.option("max-messages", "N", "messages that each POSIX queue holds", [&](auto text) {
    options.queue.max_messages = parse_number(text, "number of messages", 1);
  });
  command_line.option("max-size", "SIZE", "bytes of the longest message of each POSIX queue",
                      [&](auto text) { options.queue.max_message_size = parse_size(text, 1); });
  command_line.option("qbytes", "SIZE", "bytes that each System V queue holds",
                      [&](auto text) { options.queue.max_bytes = parse_size(text, 1); });
  command_line.option("sems", "N", "semaphores of each System V set REF (1)",
                      [&](auto text) { options.count = parse_count(text); });
  command_line.option("init", "N", "first value of each semaphore (1)", [&](auto text) {
    options.value = static_cast<unsigned>(parse_number(text, "value", 0, 2147483647));
  });
  command_line.option("mode,m", "MODE", "permissions, octal or symbolic (600)",
                      [&](auto text) { options.mode = parse_mode(text, 0600); });

  for (const auto& operand : command_line.parse(argc, argv))
    options.orders.push_back({.reference = Reference::parse(operand)});
  if (options.orders.empty())
    throw cli::UsageError{"nothing to make: neither -M, -Q or -S nor a reference is given"};
  for (const auto& order : options.orders) require_makeable(order, options);
  require_used(options);
  return options;
}

std::optional<Reference> make_queue(const Reference& reference, const Options& options) {
  MessageQueue::CreateOptions how{.mode = options.mode};
  if (MessageQueue::supports(reference, MessageQueue::Feature::message_limits)) {
    how.max_messages = options.queue.max_messages;
    how.max_message_size = options.queue.max_message_size;
  }
  if (MessageQueue::supports(reference, MessageQueue::Feature::byte_limit))
    how.max_bytes = options.queue.max_bytes;
  return MessageQueue::create(reference, how);
}

std::optional<Reference> make_semaphores(const Order& order, const Options& options) {
  SemaphoreSet::CreateOptions how{.mode = options.mode, .value = options.value.value_or(1)};
  if (order.count)
    how.count = *order.count;
  else if (SemaphoreSet::has_several(order.reference))
    how.count = options.count.value_or(1);
  return SemaphoreSet::create(order.reference, how);
}

// Nothing when there is one of that name.
std::optional<Reference> make(const Order& order, const Options& options) {
  switch (order.reference.kind) {
    case Kind::mq:
      return make_queue(order.reference, options);
    case Kind::sem:
      return make_semaphores(order, options);
    default:
      return SharedMemory::create(order.reference, order.size ? *order.size : options.size.value(),
                                  options.mode);
  }
}

// Makes the object and tells its reference. An object that nobody has been told of must not stay.
void make_and_tell(const Order& order, const Options& options) {
  const auto made = make(order, options);
  if (!made) throw Error{EEXIST, fmt::format("cannot create {}", order.reference.description())};
  try {
    cli::print("{}\n", made->to_string());
    cli::flush_output();
  } catch (const Error&) {
    remove_object_if_exists(*made);
    throw;
  }
}

int run(const Options& options) {
  return cli::for_each(tool, options.orders, [&](const Order& order) { make_and_tell(order, options); });
}

}  // namespace

IPCUTILS_ENTRY ipcutils_ipcnew(int argc, char** argv) {
  return cli::guarded_main(tool, argc, argv, parse, run);
}
