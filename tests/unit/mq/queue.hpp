// Queues with messages, and the messages of queues.
#pragma once

#include <ipcutils/message_queue.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "scratch_ipc.hpp"

namespace ipcutils {

// What holds few messages, and takes little of what a user's queues may take together.
inline MessageQueue::CreateOptions small_queue(const Reference& reference, mode_t mode = 0600) {
  if (is_posix(reference)) return {.mode = mode, .max_messages = 4, .max_message_size = 64};
  return {.mode = mode, .max_bytes = 256};
}

inline MessageQueue make_queue(const Reference& reference, const MessageQueue::CreateOptions& options) {
  const auto made = MessageQueue::create(reference, options);
  if (!made) throw std::runtime_error{reference.to_string() + " is there already"};
  return MessageQueue::open(openable(reference, *made), MessageQueue::Use::receive);
}

inline MessageQueue make_queue(const Reference& reference) {
  return make_queue(reference, small_queue(reference));
}

inline bool send(MessageQueue& queue, std::string_view text, const MessageProperties& properties = {},
                 const Deadline& deadline = Deadline::immediate()) {
  return queue.send({std::as_bytes(std::span{text}), properties}, deadline);
}

inline std::string text_of(const Message& message) {
  return {reinterpret_cast<const char*>(message.data.data()), message.data.size()};
}

inline std::optional<std::string> receive(MessageQueue& queue, const MessageSelector& selector = {},
                                          const Deadline& deadline = Deadline::immediate()) {
  const auto message = queue.receive(selector, deadline);
  return message ? std::optional{text_of(*message)} : std::nullopt;
}

// All messages that there are, one after the other with a space between.
inline std::string drain(MessageQueue& queue, const MessageSelector& selector = {}) {
  std::string all;
  while (const auto text = receive(queue, selector)) all += (all.empty() ? "" : " ") + *text;
  return all;
}

// Sends messages until there is no room for another one, not even of a byte.
inline void fill(MessageQueue& queue) {
  while (send(queue, std::string(32, 'f'))) continue;
  while (send(queue, "f")) continue;
}

}  // namespace ipcutils
