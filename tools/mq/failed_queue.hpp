// The queue of --failed-to, for messages whose COMMAND failed as often as it may.
#pragma once

#include <ipcutils/interruption.hpp>
#include <ipcutils/message_queue.hpp>
#include <optional>

#include "receive.hpp"

namespace ipcutils::mq {

// Throws UsageError for a queue of the other API, where messages could not keep their priority or type.
void require_same_api(const ReceiveOptions& options);

// Opens it, and makes it where the options say so; nothing when they name none. Throws Error for `queue`
// itself, and unless it takes the longest message of `queue`.
std::optional<MessageQueue> open_failed_queue(const ReceiveOptions& options, const MessageQueue& queue);

// Sends a message to it; false when a signal came before there was room. Throws Error when there was none in
// time, or when the queue has been removed.
bool send_failed(MessageQueue& failed_queue, const Message& message, const ReceiveOptions& options,
                 const Interruption& interruption);

}  // namespace ipcutils::mq
