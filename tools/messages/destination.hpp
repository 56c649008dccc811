// Where messages go: to a queue, or a mailbox.
#pragma once

#include <cstdint>
#include <ipcutils/deadline.hpp>
#include <ipcutils/message_queue.hpp>
#include <span>
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

  // How many messages it pays to give to send_some() at once.
  virtual std::size_t batch_size() const { return 1; }

  // Sends the first of the messages, and more of them if that needs no wait. They have no properties. Returns
  // how many it sent; 0 when there was no room for the first until the deadline.
  virtual std::size_t send_some(std::span<const std::span<const std::byte>> messages,
                                const Deadline& deadline) {
    return send({messages.front(), {}}, deadline) ? 1 : 0;
  }
};

}  // namespace ipcutils::messages
