#include "failed_queue.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <ipcutils/error.hpp>

#include "../cli/usage_error.hpp"
#include "safe_send.hpp"

namespace ipcutils::mq {

void require_same_api(const ReceiveOptions& options) {
  if (!options.failed_to) return;
  const auto api_of = [](const Reference& queue) -> std::string_view {
    return MessageQueue::supports(queue, MessageQueue::Feature::priority) ? "POSIX" : "System V";
  };
  const auto wanted = api_of(options.queue);
  const auto given = api_of(*options.failed_to);
  if (given == wanted) return;
  throw cli::UsageError{fmt::format("--failed-to needs a {} queue, as {} is, and {} is a {} queue", wanted,
                                    options.queue.quoted(), options.failed_to->quoted(), given)};
}

std::optional<MessageQueue> open_failed_queue(const ReceiveOptions& options, const MessageQueue& queue) {
  if (!options.failed_to) return std::nullopt;
  QueueOptions how = options;
  how.queue = *options.failed_to;
  how.must_not_exist = false;  // --exclusive is about QUEUE
  auto failed_queue = open_queue(how, MessageQueue::Use::send);
  if (failed_queue.reference() == queue.reference())
    throw Error::invalid(fmt::format("cannot send failed messages to {}", how.queue.description()),
                         "it is the queue that they come from");
  try {
    failed_queue.require_fits(queue.max_message_size());
  } catch (const Error& error) {
    throw Error{error.code().value(),
                fmt::format("cannot send the longest messages of {} to {}", options.queue.description(),
                            how.queue.description()),
                error.hint()};
  }
  return failed_queue;
}

bool send_failed(MessageQueue& failed_queue, const Message& message, const ReceiveOptions& options,
                 const Interruption& interruption) {
  const auto deadline = Deadline::after(time_for_room(options.timeout)).interrupted_by(interruption);
  if (send_safely(failed_queue, message, deadline)) return true;
  if (interruption.has_come()) return false;
  throw Error::because(EAGAIN, fmt::format("cannot send to {}", options.failed_to->description()),
                       "there is no room within the time allowed",
                       "--timeout DURATION waits longer for room");
}

}  // namespace ipcutils::mq
