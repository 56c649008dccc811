// The messages that a tool shall take, one after the other.
#pragma once

#include <cstdint>
#include <ipcutils/interruption.hpp>
#include <optional>

#include "../cli/signalled.hpp"
#include "../cli/timeout.hpp"
#include "receive.hpp"

namespace ipcutils::messages {

// Takes messages as the options say, and counts them.
class MessageSource {
 public:
  MessageSource(Origin& origin, const ReceiveOptions& options, const Interruption& interruption)
      : m_origin{origin}, m_options{options}, m_interruption{interruption} {}

  // A message that is there; nothing when there is none.
  std::optional<ReceivedMessage> try_next() { return next_until(Deadline::immediate()); }

  // The same, and when there is none and the options say so, one that comes in time.
  std::optional<ReceivedMessage> next() {
    return m_options.drain ? try_next()
                           : next_until(cli::wait_deadline(m_options.timeout).interrupted_by(m_interruption));
  }

  bool is_done() const { return m_count == m_options.wanted(); }
  std::size_t longest_message() const { return m_origin.max_message_size(); }
  std::uint64_t count() const { return m_count; }

  // The exit status when nothing failed: a timeout, which is reported, if messages that were wanted did not
  // come.
  int end() const;

 private:
  std::optional<ReceivedMessage> next_until(const Deadline& deadline) {
    auto message = m_origin.receive(deadline);
    if (message) ++m_count;
    return message;
  }

  Origin& m_origin;
  const ReceiveOptions& m_options;
  const Interruption& m_interruption;
  std::uint64_t m_count = 0;
};

// Throws Signalled for the first signal that came, if any did: `earlier`, or that of the interruption.
void end_by_signal(int earlier, const Interruption& interruption);

}  // namespace ipcutils::messages
