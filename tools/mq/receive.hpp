// What mqrecv is to do.
#pragma once

#include <ipcutils/message_queue.hpp>
#include <optional>

#include "../messages/receive.hpp"
#include "queue_options.hpp"

namespace ipcutils::mq {

struct ReceiveOptions : QueueOptions, messages::ReceiveOptions {
  ReceiveOptions() : messages::ReceiveOptions{.tool = "mqrecv"} {}

  MessageSelector selector;
  bool peek = false;
  std::optional<Reference> failed_to;  // instead of back into the queue
};

// Receives messages from the queue. Returns the exit status.
int receive(const ReceiveOptions& options);

}  // namespace ipcutils::mq
