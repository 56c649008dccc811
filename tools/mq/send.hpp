// What mqsend is to do.
#pragma once

#include <ipcutils/message_queue.hpp>

#include "../messages/send.hpp"
#include "queue_options.hpp"

namespace ipcutils::mq {

struct SendOptions : QueueOptions, messages::SendOptions {
  SendOptions() : messages::SendOptions{.tool = "mqsend"} {}

  MessageProperties properties;
  bool last_in_first_out = false;
};

// Sends the messages to the queue. Returns the exit status.
int send(const SendOptions& options);

}  // namespace ipcutils::mq
