// Which message queue a tool opens, and how it makes one.
#pragma once

#include <ipcutils/message_queue.hpp>
#include <string_view>

namespace ipcutils::cli {
class CommandLine;
}

namespace ipcutils::mq {

struct QueueOptions {
  Reference queue{Kind::mq, SysvPrivate{}};
  bool create = false;
  bool must_not_exist = false;
  MessageQueue::CreateOptions how = {};
};

// Adds --create and what goes with it.
void add_queue_options(cli::CommandLine& command_line, QueueOptions& options);

// A queue that others can find: not 'private'. Throws UsageError, or what Reference::parse() throws.
Reference parse_queue(std::string_view text);

// Sets the queue, and throws UsageError when its API lacks what the options say of a new one.
void set_queue(QueueOptions& options, std::string_view operand);

// Throws UsageError when an option is used that the API of the queue does not have.
void require_supported(const QueueOptions& options, bool is_used, MessageQueue::Feature feature,
                       std::string_view option);

MessageQueue open_queue(const QueueOptions& options, MessageQueue::Use use);

}  // namespace ipcutils::mq
