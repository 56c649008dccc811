// Messages as JSON: {"data":"text","priority":3}, {"base64":"/w==","type":1}, {"data":"text","lost":2}.
#pragma once

#include <cstdint>
#include <ipcutils/message_queue.hpp>
#include <string>
#include <string_view>

namespace ipcutils::messages {

// A message that owns its bytes.
struct OwnedMessage {
  std::string data;
  MessageProperties properties;

  Message view() const { return {std::as_bytes(std::span{data}), properties}; }
  static OwnedMessage of(const Message& message);
};

// One object on one line, without the newline. Bytes that are UTF-8 stand under "data", others under
// "base64". `lost`: how many messages were lost just before; 0 is left out.
std::string message_to_json(const Message& message, std::uint64_t lost = 0);

// The message that message_to_json() makes such text of; "lost" is left out. Throws Error (EINVAL) that says
// what is wrong.
OwnedMessage message_from_json(std::string_view text);

}  // namespace ipcutils::messages
