#include "batch.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ipcutils/error.hpp>

namespace ipcutils::mq {

namespace {

// What may be taken and not yet written when SIGKILL comes.
constexpr std::size_t capacity = 64 * 1024;

constexpr const char* attempt = "cannot write standard output";

short wait_for_output(short events, int timeout) {
  struct pollfd output {
    .fd = STDOUT_FILENO, .events = events, .revents = 0
  };
  return ::poll(&output, 1, timeout) == 1 ? output.revents : short{0};
}

}  // namespace

void require_reader() {
  if ((wait_for_output(0, 0) & POLLERR) != 0) throw Error{EPIPE, attempt};
}

// Records can be shorter than their messages, and messages without a byte.
bool Batch::is_full() const {
  return std::max({m_output.size(), m_data.size(), m_messages.size()}) >= capacity;
}

void Batch::add(const Message& message, std::uint64_t number) {
  m_data.append(reinterpret_cast<const char*>(message.data.data()), message.data.size());
  m_format.append_to(m_output, message, number);
  m_messages.push_back({m_data.size(), m_output.size(), message.properties});
}

bool Batch::write(const Interruption& interruption) {
  while (m_written < m_output.size()) {
    if (interruption.has_come()) return false;
    const ssize_t count = ::write(STDOUT_FILENO, m_output.data() + m_written, m_output.size() - m_written);
    if (count >= 0)
      m_written += static_cast<std::size_t>(count);
    else if (errno == EAGAIN)
      wait_for_output(POLLOUT, -1);
    else if (errno != EINTR)
      throw Error{errno, attempt};
  }
  forget_all();
  return true;
}

// A record without a single byte is delivered when what follows it is: it cannot be told otherwise.
std::vector<OwnedMessage> Batch::take_undelivered() {
  std::vector<OwnedMessage> undelivered;
  std::size_t begin = 0;
  std::size_t record_begin = 0;
  for (const auto& message : m_messages) {
    const bool is_delivered = record_begin < m_written && message.record_end <= m_written;
    if (!is_delivered) undelivered.push_back({m_data.substr(begin, message.end - begin), message.properties});
    begin = message.end;
    record_begin = message.record_end;
  }
  forget_all();
  return undelivered;
}

void Batch::forget_all() {
  m_data.clear();
  m_output.clear();
  m_messages.clear();
  m_written = 0;
}

}  // namespace ipcutils::mq
