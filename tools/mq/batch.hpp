// Messages on their way from a queue to standard output.
#pragma once

#include <cstddef>
#include <cstdint>
#include <ipcutils/interruption.hpp>
#include <ipcutils/message_queue.hpp>
#include <string>
#include <vector>

#include "message_format.hpp"
#include "message_json.hpp"

namespace ipcutils::mq {

// Throws Error (EPIPE) when standard output is a pipe or socket whose reader has gone.
void require_reader();

// Gathers the records of messages, to be written in one step, and knows which messages have been delivered:
// those of which write(2) has accepted the last byte.
class Batch {
 public:
  explicit Batch(MessageFormat format) : m_format{std::move(format)} {}

  bool is_empty() const { return m_messages.empty(); }
  bool is_full() const;

  void add(const Message& message, std::uint64_t number);

  // Writes to standard output. False when a signal came before all was written; throws Error when it cannot
  // be. What has been delivered is no longer in the batch then.
  bool write(const Interruption& interruption);

  // What has not been delivered, in order. The batch is empty then.
  std::vector<OwnedMessage> take_undelivered();

 private:
  struct Taken {
    std::size_t end;         // of its bytes in m_data
    std::size_t record_end;  // of its record in m_output
    MessageProperties properties;
  };

  void forget_all();

  MessageFormat m_format;
  std::string m_data;  // the messages as they were taken
  std::string m_output;
  std::size_t m_written = 0;
  std::vector<Taken> m_messages;
};

}  // namespace ipcutils::mq
