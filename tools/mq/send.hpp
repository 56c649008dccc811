// What mqsend is to do.
#pragma once

#include <ipcutils/deadline.hpp>
#include <ipcutils/message_queue.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "queue_options.hpp"
#include "record_reader.hpp"

namespace ipcutils::mq {

inline constexpr std::string_view sending_tool = "mqsend";

enum class Input { operands, records, json };

struct SendOptions : QueueOptions {
  std::vector<std::string> messages;
  Input input = Input::records;
  Framing framing = Framing::lines;
  MessageProperties properties;
  bool last_in_first_out = false;
  std::optional<Duration> timeout;
};

// Sends the messages to the queue. Returns the exit status.
int send(const SendOptions& options);

}  // namespace ipcutils::mq
