// Where messages go: to a queue, or a mailbox.
#pragma once

#include <cstdint>
#include <ipcutils/deadline.hpp>
#include <ipcutils/message_queue.hpp>
#include <string>

namespace ipcutils::messages {

// What mqsend and mbsend send to. Not thread-safe.
class Destination {
 public:
  virtual ~Destination() = default;

  // As messages name it: "message queue '/jobs'".
  virtual std::string description() const = 0;
  virtual std::size_t max_message_size() const = 0;  // bytes

  // Throws Error (EMSGSIZE), with a hint at the limit, for more bytes than a message can have.
  virtual void require_fits(std::uint64_t size) const = 0;

  // False when there was no room until the deadline.
  virtual bool send(const Message& message, const Deadline& deadline) = 0;
};

}  // namespace ipcutils::messages
