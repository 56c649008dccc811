// Boost.Interprocess' message queues, one for each receiver.
#include <boost/interprocess/ipc/message_queue.hpp>

#include "channel.hpp"

namespace {

using boost::interprocess::message_queue;

class BoostChannel : public CopyingChannel {
 public:
  explicit BoostChannel(const Shape& shape) : CopyingChannel{shape}, m_buffer(shape.size) {
    const std::size_t depth = shape.capacity() / shape.size;
    for (unsigned i = 0; i < shape.receivers; ++i) {
      const std::string name = unique_name();
      m_queues.push_back(
          std::make_unique<message_queue>(boost::interprocess::create_only, name.c_str(), depth, shape.size));
      message_queue::remove(name.c_str());
    }
  }

  void begin_receiving(unsigned number) final { m_receiving = m_queues.at(number).get(); }
  void begin_sending() final {}

  void send() final {
    for (const auto& queue : m_queues) queue->send(message().data(), message().size(), 0);
  }

  std::span<const std::byte> receive() final {
    message_queue::size_type size;
    unsigned priority;
    m_receiving->receive(m_buffer.data(), m_buffer.size(), size, priority);
    return {m_buffer.data(), size};
  }

 private:
  std::vector<std::unique_ptr<message_queue>> m_queues;
  message_queue* m_receiving = nullptr;
  std::vector<std::byte> m_buffer;
};

}  // namespace

std::unique_ptr<Channel> make_boost(const Shape& shape) { return std::make_unique<BoostChannel>(shape); }
