// Messages on their way to standard output.
#pragma once

#include <cstddef>
#include <cstdint>
#include <ipcutils/interruption.hpp>
#include <ipcutils/message_queue.hpp>
#include <ipcutils/sink.hpp>
#include <memory>
#include <string>
#include <vector>

#include "kept_messages.hpp"
#include "message_format.hpp"
#include "origin.hpp"

namespace ipcutils::messages {

// Throws Error (EPIPE) when standard output is a pipe or socket whose reader has gone.
void require_reader();

// Gathers the records of messages, to be written in one step, and knows which messages have been delivered:
// those of which write(2) has accepted the last byte.
class Batch {
 public:
  Batch(MessageFormat format, Keep keep);

  bool is_empty() const { return m_record_ends.empty(); }
  bool is_full() const;

  // Makes room for a message of up to `size` bytes, before it is taken. Throws std::bad_alloc.
  void reserve(std::size_t size);

  // The message is in the batch even if formatting it throws.
  void add(const ReceivedMessage& message, std::uint64_t number);

  // Writes to standard output. False when a signal came before all was written; throws Error when it cannot
  // be. What has been delivered is no longer in the batch then.
  bool write(const Interruption& interruption);

  // What has not been delivered, in order, as far as it is kept. Valid until the next change.
  std::span<const Message> undelivered() noexcept;

 private:
  MessageFormat m_format;
  std::unique_ptr<Sink> m_sink;
  KeptMessages m_kept;
  std::vector<std::size_t> m_record_ends;  // of each message, in m_output
  std::string m_output;
  std::size_t m_written = 0;
};

}  // namespace ipcutils::messages
