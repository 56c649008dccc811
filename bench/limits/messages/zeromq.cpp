// ZeroMQ over ipc://: PUSH and PULL for one receiver, publish and subscribe for several.
#include <zmq.h>

#include <cerrno>

#include "channel.hpp"

namespace {

void require(int result, const char* what) {
  if (result == -1) fail(errno, what);
}

class ZeromqChannel : public Channel {
 public:
  explicit ZeromqChannel(const Shape& shape) : Channel{shape}, m_address{"ipc://@" + unique_name()} {}

  void begin_receiving(unsigned number) final {
    m_socket = zmq_socket(context(), is_broadcast() ? ZMQ_SUB : ZMQ_PULL);
    if (is_broadcast()) require(zmq_setsockopt(m_socket, ZMQ_SUBSCRIBE, "", 0), "ZMQ_SUBSCRIBE");
    require(zmq_bind(m_socket, address_of(number).c_str()), "zmq_bind");
    require(zmq_msg_init(&m_message), "zmq_msg_init");
  }

  void begin_sending() final {
    m_socket = zmq_socket(context(), is_broadcast() ? ZMQ_XPUB : ZMQ_PUSH);
    if (is_broadcast()) {
      enable(ZMQ_XPUB_NODROP);
      enable(ZMQ_XPUB_VERBOSE);  // shows subscriptions that are alike
    }
    for (unsigned i = 0; i < shape().receivers; ++i)
      require(zmq_connect(m_socket, address_of(i).c_str()), "zmq_connect");
    if (is_broadcast()) wait_for_subscriptions();
  }

  std::span<std::byte> next() final {
    require(zmq_msg_init_size(&m_message, shape().size), "zmq_msg_init_size");
    return {static_cast<std::byte*>(zmq_msg_data(&m_message)), shape().size};
  }

  void send() final { require(zmq_msg_send(&m_message, m_socket, 0), "zmq_msg_send"); }

  std::span<const std::byte> receive() final {
    require(zmq_msg_recv(&m_message, m_socket, 0), "zmq_msg_recv");
    return {static_cast<const std::byte*>(zmq_msg_data(&m_message)), zmq_msg_size(&m_message)};
  }

 private:
  // Its threads belong to one process, so each makes its own.
  static void* context() {
    static void* const context = zmq_ctx_new();
    return context;
  }

  void enable(int option) {
    const int yes = 1;
    require(zmq_setsockopt(m_socket, option, &yes, sizeof yes), "zmq_setsockopt");
  }

  bool is_broadcast() const { return shape().receivers > 1; }
  std::string address_of(unsigned number) const { return m_address + '.' + std::to_string(number); }

  void wait_for_subscriptions() {
    char subscription[2];
    for (unsigned i = 0; i < shape().receivers; ++i)
      require(zmq_recv(m_socket, subscription, sizeof subscription, 0), "zmq_recv");
  }

  std::string m_address;
  void* m_socket = nullptr;
  zmq_msg_t m_message;
};

}  // namespace

std::unique_ptr<Channel> make_zeromq(const Shape& shape) { return std::make_unique<ZeromqChannel>(shape); }
