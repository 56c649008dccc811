#include "send.hpp"

namespace ipcutils::mq {

namespace {

class QueueDestination final : public messages::Destination {
 public:
  explicit QueueDestination(const SendOptions& options)
      : m_options{options}, m_queue{open_queue(options, MessageQueue::Use::send)} {}

  std::string description() const override { return m_options.queue.description(); }
  std::size_t max_message_size() const override { return m_queue.max_message_size(); }
  void require_fits(std::uint64_t size) const override { m_queue.require_fits(size); }

  bool send(const Message& message, const Deadline& deadline) override {
    return m_queue.send({message.data, completed(message.properties)}, deadline);
  }

 private:
  // What a message does not say itself the options say.
  MessageProperties completed(MessageProperties properties) const {
    if (!properties.priority) properties.priority = m_options.properties.priority;
    if (!properties.type) properties.type = m_options.properties.type;
    if (m_options.last_in_first_out) properties.type = falling_message_type();
    return properties;
  }

  const SendOptions& m_options;
  MessageQueue m_queue;
};

}  // namespace

int send(const SendOptions& options) {
  QueueDestination destination{options};
  return messages::send(destination, options);
}

}  // namespace ipcutils::mq
