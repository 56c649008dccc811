// A channel carries messages of one size from one process to others. Each receiver gets every message.
#pragma once

#include <unistd.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <system_error>
#include <vector>

struct Shape {
  std::size_t size;    // bytes of a message
  unsigned receivers;  // processes
  std::size_t capacity() const {
    return size < 4096 ? 1024 * 1024 : 4 * 1024 * 1024;
  }  // bytes under way, at most
};

// It is made before the processes are forked. Then each begins once, as a sender or as a receiver.
class Channel {
 public:
  explicit Channel(const Shape& shape) : m_shape{shape} {}
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;
  virtual ~Channel() = default;

  virtual void begin_receiving(unsigned number) = 0;  // numbers count from 0
  virtual void begin_sending() = 0;                   // waits until every receiver is there

  // Memory for the next message, and its end. Both block.
  virtual std::span<std::byte> next() = 0;
  virtual void send() = 0;

  // Sends what send() may have kept for later.
  virtual void flush() {}

  // Valid until the next call, which blocks until there is a message.
  virtual std::span<const std::byte> receive() = 0;

 protected:
  const Shape& shape() const { return m_shape; }

 private:
  Shape m_shape;
};

// What needs the message in memory of its own.
class CopyingChannel : public Channel {
 public:
  explicit CopyingChannel(const Shape& shape) : Channel{shape}, m_message(shape.size) {}
  std::span<std::byte> next() final { return m_message; }

 protected:
  std::span<std::byte> message() { return m_message; }

 private:
  std::vector<std::byte> m_message;
};

[[noreturn]] inline void fail(int error, const char* what) {
  throw std::system_error{error, std::generic_category(), what};
}

// For an object that other processes find by its name.
inline std::string unique_name() {
  static int count = 0;
  return "ipcutils-messages." + std::to_string(getpid()) + '.' + std::to_string(count++);
}

using MakeChannel = std::unique_ptr<Channel>(const Shape&);

MakeChannel make_mailbox, make_mailbox_batch, make_mailbox_in_place, make_mailbox_spinning;
MakeChannel make_pipe, make_socket, make_queue;
MakeChannel make_zeromq, make_nng, make_boost;
MakeChannel make_ring, make_futex;
