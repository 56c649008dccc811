#include "safe_send.hpp"

namespace ipcutils::mq {

Duration time_for_room(const std::optional<Duration>& timeout) {
  return timeout.value_or(std::chrono::seconds{1});
}

// A queue can be removed before the message is in it as well as while that waits for room.
bool send_safely(MessageQueue& queue, const Message& message, const Deadline& deadline) {
  queue.require_exists();
  const bool is_sent = queue.send(message, deadline);
  if (is_sent) queue.require_exists();
  return is_sent;
}

}  // namespace ipcutils::mq
