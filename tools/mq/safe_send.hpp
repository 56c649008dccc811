// Sending messages that were taken from a queue and exist nowhere else.
#pragma once

#include <ipcutils/message_queue.hpp>
#include <optional>

namespace ipcutils::mq {

// How long such a message waits for room: a second where no timeout is given, so that nothing stalls unseen.
Duration time_for_room(const std::optional<Duration>& timeout);

// Sends a message; false when there was no room for it until the deadline. Throws Error as
// MessageQueue::send(), and EIDRM whenever the queue has been removed. A POSIX queue that is removed during
// the call may hold the message all the same.
bool send_safely(MessageQueue& queue, const Message& message, const Deadline& deadline);

}  // namespace ipcutils::mq
