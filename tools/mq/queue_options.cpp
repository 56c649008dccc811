#include "queue_options.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <ipcutils/error.hpp>
#include <ipcutils/mode.hpp>
#include <ipcutils/number.hpp>

#include "../cli/command_line.hpp"
#include "../cli/foreign.hpp"
#include "../cli/missing.hpp"

namespace ipcutils::mq {

using Feature = MessageQueue::Feature;

void add_queue_options(cli::CommandLine& command_line, QueueOptions& options) {
  command_line.flag("create", "make the queue if it is missing", options.create);
  command_line.flag("exclusive,x", "with --create: fail if the queue exists", options.must_not_exist)
      .needs("create");
  command_line
      .option("mode,m", "MODE", "with --create: permissions, octal or symbolic (600)",
              [&](auto text) { options.how.mode = parse_mode(text, 0600); })
      .needs("create");
  command_line
      .option("max-messages", "N", "with --create: messages that a new queue holds (POSIX)",
              [&](auto text) { options.how.max_messages = parse_number(text, "number of messages", 1); })
      .needs("create");
  command_line
      .option("max-size", "SIZE", "with --create: bytes of its longest message (POSIX)",
              [&](auto text) { options.how.max_message_size = parse_size(text, 1); })
      .needs("create");
  command_line
      .option("qbytes", "SIZE", "with --create: bytes that a new queue holds (System V)",
              [&](auto text) { options.how.max_bytes = parse_size(text, 1); })
      .needs("create");
}

Reference parse_queue(std::string_view text) {
  auto queue = Reference::parse(text, Kind::mq);
  if (std::holds_alternative<SysvPrivate>(queue.name))
    throw cli::UsageError{
        "'private' would be a queue that nobody else can find: make one with 'ipcnew --queue'"};
  return queue;
}

void set_queue(QueueOptions& options, std::string_view operand) {
  options.queue = parse_queue(operand);
  const auto& how = options.how;
  require_supported(options, how.max_messages.has_value(), Feature::message_limits, "--max-messages");
  require_supported(options, how.max_message_size.has_value(), Feature::message_limits, "--max-size");
  require_supported(options, how.max_bytes.has_value(), Feature::byte_limit, "--qbytes");
}

void require_supported(const QueueOptions& options, bool is_used, Feature feature, std::string_view option) {
  if (!is_used || MessageQueue::supports(options.queue, feature)) return;
  const bool is_of_posix = feature == Feature::priority || feature == Feature::message_limits;
  throw cli::UsageError{fmt::format("{} is for {} queues, and {} is a {} queue", option,
                                    is_of_posix ? "POSIX" : "System V", options.queue.quoted(),
                                    is_of_posix ? "System V" : "POSIX")};
}

MessageQueue open_queue(const QueueOptions& options, MessageQueue::Use use) {
  if (!options.create) {
    if (auto found = MessageQueue::open_if_exists(options.queue, use)) return std::move(*found);
    cli::throw_missing(options.queue);
  }
  if (!options.must_not_exist) {
    // Not by open_or_create(): EPERM of its making has another reason, which --create is not to blame for.
    const auto open = [&] { return MessageQueue::open_if_exists(options.queue, use, Trust::self_and_root); };
    if (auto found = cli::tell_way_to_take("leaving out --create", open)) return std::move(*found);
    return MessageQueue::open_or_create(options.queue, use, options.how);
  }
  auto made = MessageQueue::create_and_open(options.queue, use, options.how);
  if (!made) throw Error{EEXIST, fmt::format("cannot create {}", options.queue.description())};
  return std::move(*made);
}

}  // namespace ipcutils::mq
