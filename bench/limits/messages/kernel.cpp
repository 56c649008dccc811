// Pipes, UNIX stream sockets and POSIX message queues, one for each receiver.
#include <fcntl.h>
#include <mqueue.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "channel.hpp"

namespace {

constexpr std::size_t max_buffer_size = 1024 * 1024;  // bytes, of a pipe as any user may have it

// A byte stream. What is there is read at once, and may be many messages.
class StreamChannel : public CopyingChannel {
 public:
  explicit StreamChannel(const Shape& shape) : CopyingChannel{shape} {
    m_buffer.resize(std::max(shape.size, std::size_t{64 * 1024}));
  }

  void begin_receiving(unsigned number) final { m_receiving = m_ends.at(number).receiving; }
  void begin_sending() final {}

  void send() final {
    for (const Ends& ends : m_ends) write_all(ends.sending, message());
  }

  std::span<const std::byte> receive() final {
    const std::size_t size = shape().size;
    while (m_filled - m_taken < size) read_more();
    m_taken += size;
    return {m_buffer.data() + m_taken - size, size};
  }

 protected:
  struct Ends {
    int sending;
    int receiving;
  };
  void add(const Ends& ends) { m_ends.push_back(ends); }

 private:
  static void write_all(int to, std::span<const std::byte> data) {
    while (!data.empty()) {
      const ssize_t count = write(to, data.data(), data.size());
      if (count < 0) fail(errno, "write");
      data = data.subspan(static_cast<std::size_t>(count));
    }
  }

  void read_more() {
    std::memmove(m_buffer.data(), m_buffer.data() + m_taken, m_filled - m_taken);
    m_filled -= m_taken;
    m_taken = 0;
    const ssize_t count = read(m_receiving, m_buffer.data() + m_filled, m_buffer.size() - m_filled);
    if (count <= 0) fail(count < 0 ? errno : EPIPE, "read");
    m_filled += static_cast<std::size_t>(count);
  }

  std::vector<Ends> m_ends;
  int m_receiving = -1;
  std::vector<std::byte> m_buffer;
  std::size_t m_filled = 0;
  std::size_t m_taken = 0;
};

class PipeChannel : public StreamChannel {
 public:
  explicit PipeChannel(const Shape& shape) : StreamChannel{shape} {
    for (unsigned i = 0; i < shape.receivers; ++i) {
      int ends[2];
      if (pipe(ends) != 0) fail(errno, "pipe");
      fcntl(ends[1], F_SETPIPE_SZ, max_buffer_size);
      add({ends[1], ends[0]});
    }
  }
};

class SocketChannel : public StreamChannel {
 public:
  explicit SocketChannel(const Shape& shape) : StreamChannel{shape} {
    for (unsigned i = 0; i < shape.receivers; ++i) {
      int ends[2];
      if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) fail(errno, "socketpair");
      const int size = max_buffer_size;
      setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
      add({ends[1], ends[0]});
    }
  }
};

class QueueChannel : public CopyingChannel {
 public:
  explicit QueueChannel(const Shape& shape) : CopyingChannel{shape}, m_buffer(shape.size) {
    mq_attr attributes{};
    attributes.mq_maxmsg = 10;  // what any user may have
    attributes.mq_msgsize = static_cast<long>(shape.size);
    for (unsigned i = 0; i < shape.receivers; ++i) {
      const std::string name = '/' + unique_name();
      m_queues.push_back(mq_open(name.c_str(), O_CREAT | O_EXCL | O_RDWR, 0600, &attributes));
      if (m_queues.back() == -1) fail(errno, "mq_open");
      mq_unlink(name.c_str());
    }
  }

  void begin_receiving(unsigned number) final { m_receiving = m_queues.at(number); }
  void begin_sending() final {}

  void send() final {
    for (const mqd_t queue : m_queues)
      if (mq_send(queue, reinterpret_cast<const char*>(message().data()), message().size(), 0) != 0)
        fail(errno, "mq_send");
  }

  std::span<const std::byte> receive() final {
    const ssize_t size =
        mq_receive(m_receiving, reinterpret_cast<char*>(m_buffer.data()), m_buffer.size(), nullptr);
    if (size < 0) fail(errno, "mq_receive");
    return {m_buffer.data(), static_cast<std::size_t>(size)};
  }

 private:
  std::vector<mqd_t> m_queues;
  mqd_t m_receiving = -1;
  std::vector<std::byte> m_buffer;
};

}  // namespace

std::unique_ptr<Channel> make_pipe(const Shape& shape) { return std::make_unique<PipeChannel>(shape); }
std::unique_ptr<Channel> make_socket(const Shape& shape) { return std::make_unique<SocketChannel>(shape); }
std::unique_ptr<Channel> make_queue(const Shape& shape) { return std::make_unique<QueueChannel>(shape); }
