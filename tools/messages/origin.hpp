// Where messages come from: a queue, or a mailbox.
#pragma once

#include <cstdint>
#include <ipcutils/deadline.hpp>
#include <ipcutils/interruption.hpp>
#include <ipcutils/message_queue.hpp>
#include <optional>
#include <span>
#include <string>

#include "kept_messages.hpp"

namespace ipcutils::messages {

struct ReceivedMessage : Message {
  std::uint64_t lost_before = 0;  // messages that this receiver missed just before
};

// What mqrecv and mbrecv receive from. Not thread-safe.
class Origin {
 public:
  virtual ~Origin() = default;

  // As messages name it: "message queue '/jobs'".
  virtual std::string description() const = 0;

  // Whether messages are kept until they are delivered, since settle() puts them back.
  virtual Keep keep() const = 0;
  virtual std::size_t max_message_size() const = 0;  // bytes

  // The next message; nothing when none came until the deadline. Valid until the next call.
  virtual std::optional<ReceivedMessage> receive(const Deadline& deadline) = 0;

  // Puts a message for which COMMAND failed somewhere else; false when it must be settled here. Throws Error
  // when that fails.
  virtual bool set_aside(const Message&, const Interruption&) { return false; }

  // Puts kept messages back that were not delivered. False when any message has been lost, which has been
  // reported: the exit status is 1. May forget signals that came before.
  virtual bool settle(std::span<const Message> undelivered, Interruption& interruption) = 0;
};

}  // namespace ipcutils::messages
