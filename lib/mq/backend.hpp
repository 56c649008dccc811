// What an API has to offer to be a message queue. Internal.
#pragma once

#include <ipcutils/message_queue.hpp>
#include <memory>

namespace ipcutils {

// An open queue; the contracts are MessageQueue's.
class MessageQueue::Backend {
 public:
  Backend() = default;
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;
  virtual ~Backend() = default;

  virtual const Reference& reference() const noexcept = 0;
  virtual void require_exists() const = 0;
  virtual std::size_t max_message_size() const = 0;
  virtual void require_fits(std::size_t size) const = 0;
  virtual bool send(const Message& message, const Deadline& deadline) = 0;
  virtual std::optional<Message> receive(const MessageSelector& selector, const Deadline& deadline) = 0;
  virtual std::optional<Message> peek(std::uint64_t index) = 0;
};

}  // namespace ipcutils
