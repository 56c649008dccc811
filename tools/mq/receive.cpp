#include "receive.hpp"

#include "failed_queue.hpp"
#include "put_back.hpp"

namespace ipcutils::mq {

namespace {

// Takes messages, or copies them.
class QueueOrigin final : public messages::Origin {
 public:
  explicit QueueOrigin(const ReceiveOptions& options)
      : m_options{options},
        m_queue{open_queue(options, MessageQueue::Use::receive)},
        m_failed_queue{open_failed_queue(options, m_queue)} {}

  std::string description() const override { return m_options.queue.description(); }
  messages::Keep keep() const override {
    return m_options.peek ? messages::Keep::nothing : messages::Keep::copies;
  }
  std::size_t max_message_size() const override { return m_queue.max_message_size(); }

  std::optional<messages::ReceivedMessage> receive(const Deadline& deadline) override {
    const auto message = m_options.peek ? peek(deadline) : m_queue.receive(m_options.selector, deadline);
    if (!message) return std::nullopt;
    return messages::ReceivedMessage{*message};
  }

  bool set_aside(const Message& message, const Interruption& interruption) override {
    return m_failed_queue && send_failed(*m_failed_queue, message, m_options, interruption);
  }

  bool settle(std::span<const Message> undelivered, Interruption& interruption) override {
    return put_back(m_queue, undelivered,
                    PutBack{m_options.tool, description(), m_options.timeout, interruption});
  }

 private:
  std::optional<Message> peek(const Deadline& deadline) {
    for (;;) {
      auto message = m_queue.peek(m_index, deadline);
      if (!message) return std::nullopt;
      ++m_index;
      if (m_options.selector.matches(message->properties.type.value_or(1))) return message;
    }
  }

  const ReceiveOptions& m_options;
  MessageQueue m_queue;
  std::optional<MessageQueue> m_failed_queue;
  std::uint64_t m_index = 0;  // of the next one to peek at
};

}  // namespace

int receive(const ReceiveOptions& options) {
  return messages::receive(options, [&] { return std::make_unique<QueueOrigin>(options); });
}

}  // namespace ipcutils::mq
