// The messages of a queue that mqrecv shall take, one after the other.
#pragma once

#include <cstdint>
#include <ipcutils/interruption.hpp>
#include <ipcutils/message_queue.hpp>
#include <optional>
#include <span>

#include "../cli/timeout.hpp"
#include "receive.hpp"

namespace ipcutils::mq {

// Takes messages one after the other, or copies them.
class MessageSource {
 public:
  MessageSource(MessageQueue& queue, const ReceiveOptions& options, const Interruption& interruption)
      : m_queue{queue}, m_options{options}, m_interruption{interruption} {}

  // A message that is there; nothing when there is none.
  std::optional<Message> try_next() { return next_until(Deadline::immediate()); }

  // The same, and when there is none and the options say so, one that comes in time.
  std::optional<Message> next() {
    return m_options.drain ? try_next()
                           : next_until(cli::wait_deadline(m_options.timeout).interrupted_by(m_interruption));
  }

  bool is_done() const { return m_count == m_options.wanted(); }
  std::size_t longest_message() const { return m_queue.max_message_size(); }
  std::uint64_t count() const { return m_count; }

  // Whether what was wanted has not come: the exit status says so.
  bool is_short() const { return !m_options.drain && m_count < m_options.wanted(); }

 private:
  std::optional<Message> next_until(const Deadline& deadline) {
    auto message = m_options.peek ? peek(deadline) : m_queue.receive(m_options.selector, deadline);
    if (message) ++m_count;
    return message;
  }

  std::optional<Message> peek(const Deadline& deadline) {
    for (;;) {
      auto message = m_queue.peek(m_index, deadline);
      if (!message) return std::nullopt;
      ++m_index;
      if (m_options.selector.matches(message->properties.type.value_or(1))) return message;
    }
  }

  MessageQueue& m_queue;
  const ReceiveOptions& m_options;
  const Interruption& m_interruption;
  std::uint64_t m_count = 0;
  std::uint64_t m_index = 0;  // of the next one to look at
};

// The exit status when nothing failed: a timeout, which is reported, if messages that were wanted did not
// come.
int end_of(const MessageSource& source, const ReceiveOptions& options);

// Puts messages back that were not delivered. False when one of them is not in the queue.
bool put_back(MessageQueue& queue, std::span<const Message> messages, const ReceiveOptions& options,
              Interruption& interruption);

// Throws Signalled for the first signal that came, if any did: `earlier`, or that of the interruption.
void end_by_signal(int earlier, const Interruption& interruption);

}  // namespace ipcutils::mq
