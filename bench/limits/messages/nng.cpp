// nng over its IPC transport: a pair of sockets for each receiver, since its publishers drop messages.
#include <nng/nng.h>
#include <nng/protocol/pair0/pair.h>

#include <stdexcept>

#include "channel.hpp"

namespace {

void require(int error, const char* what) {
  if (error != 0) throw std::runtime_error{std::string{what} + ": " + nng_strerror(error)};
}

class NngChannel : public Channel {
 public:
  explicit NngChannel(const Shape& shape) : Channel{shape}, m_address{"abstract://" + unique_name()} {}

  void begin_receiving(unsigned number) final {
    require(nng_listen(add_socket(), address_of(number).c_str(), nullptr, 0), "nng_listen");
  }

  void begin_sending() final {
    for (unsigned i = 0; i < shape().receivers; ++i)
      require(nng_dial(add_socket(), address_of(i).c_str(), nullptr, NNG_FLAG_NONBLOCK), "nng_dial");
  }

  std::span<std::byte> next() final {
    require(nng_msg_alloc(&m_message, shape().size), "nng_msg_alloc");
    return {static_cast<std::byte*>(nng_msg_body(m_message)), shape().size};
  }

  // A socket that has sent a message owns it, so all but the last get copies.
  void send() final {
    for (std::size_t i = 0; i + 1 < m_sockets.size(); ++i) {
      nng_msg* copy;
      require(nng_msg_dup(&copy, m_message), "nng_msg_dup");
      require(nng_sendmsg(m_sockets[i], copy, 0), "nng_sendmsg");
    }
    require(nng_sendmsg(m_sockets.back(), m_message, 0), "nng_sendmsg");
  }

  std::span<const std::byte> receive() final {
    nng_msg_free(m_message);
    require(nng_recvmsg(m_sockets.front(), &m_message, 0), "nng_recvmsg");
    return {static_cast<const std::byte*>(nng_msg_body(m_message)), nng_msg_len(m_message)};
  }

 private:
  static constexpr int depth = 128;  // messages, as in nng's own measurements

  nng_socket add_socket() {
    nng_socket& socket = m_sockets.emplace_back();
    require(nng_pair0_open(&socket), "nng_pair0_open");
    require(nng_socket_set_int(socket, NNG_OPT_SENDBUF, depth), "NNG_OPT_SENDBUF");
    require(nng_socket_set_int(socket, NNG_OPT_RECVBUF, depth), "NNG_OPT_RECVBUF");
    require(nng_socket_set_size(socket, NNG_OPT_RECVMAXSZ, 0), "NNG_OPT_RECVMAXSZ");
    return socket;
  }

  std::string address_of(unsigned number) const { return m_address + '.' + std::to_string(number); }

  std::string m_address;
  std::vector<nng_socket> m_sockets;
  nng_msg* m_message = nullptr;
};

}  // namespace

std::unique_ptr<Channel> make_nng(const Shape& shape) { return std::make_unique<NngChannel>(shape); }
