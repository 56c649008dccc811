// Messages that were taken and could not be delivered.
#pragma once

#include <ipcutils/interruption.hpp>
#include <ipcutils/message_queue.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ipcutils::mq {

// How messages are put back.
struct PutBack {
  std::string_view tool;
  std::string queue;                // as the user named it, for messages
  std::optional<Duration> timeout;  // for each; a second without it
  Interruption& interruption;       // a signal that comes while it waits ends the waiting
};

// Puts messages back at the end of their priority or type. One that cannot go back, since there is no room or
// the queue has been removed, is written to standard error as JSON, and the reason follows them. Returns
// whether all are in the queue. Signals that came before
// are forgotten. Needs no memory unless a message is lost.
bool put_back(MessageQueue& queue, std::span<const Message> messages, const PutBack& how);

}  // namespace ipcutils::mq
