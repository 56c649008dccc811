// How received messages are written.
#pragma once

#include <cstdint>
#include <ipcutils/message_queue.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ipcutils::mq {

// The format of one record. A value.
class MessageFormat {
 public:
  // The message and what follows it, if anything does.
  static MessageFormat terminated(std::optional<char> terminator);

  // Its length in 32 bits, the highest first, and the message.
  static MessageFormat length_prefixed();

  // As message_to_json() has it, and a newline.
  static MessageFormat json();

  // Text in which %m stands for the message, %p for its priority, %t for its type, %s for its size in bytes,
  // %n for its number and %% for a percent sign; and what follows it. Throws Error (EINVAL) for anything else
  // behind a '%'.
  static MessageFormat parse(std::string_view text, std::optional<char> terminator);

  // Whether priority, or type, is asked for.
  bool mentions_priority() const;
  bool mentions_type() const;

  // Appends the record of a message. `number` counts messages, from 1.
  void append_to(std::string& output, const Message& message, std::uint64_t number) const;

 private:
  enum class Piece { text, message, priority, type, size, number, length, json };
  struct Part {
    Piece piece;
    std::string text = {};
  };

  bool mentions(Piece piece) const;

  std::vector<Part> m_parts;
};

}  // namespace ipcutils::mq
