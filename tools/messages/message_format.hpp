// How received messages are written.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "origin.hpp"

namespace ipcutils::messages {

// The format of one record. A value.
class MessageFormat {
 public:
  // The message and what follows it, if anything does.
  static MessageFormat terminated(std::optional<char> terminator);

  // Its length in 32 bits, the highest first, and the message.
  static MessageFormat length_prefixed();

  // As message_to_json() has it, and what follows it, if anything does.
  static MessageFormat json(std::optional<char> terminator);

  // Text in which %m stands for the message, %p for its priority, %t for its type, %s for its size in bytes,
  // %n for its number and %% for a percent sign; and what follows it. Throws Error (EINVAL) for anything else
  // behind a '%', and for what is not among the letters.
  static constexpr std::string_view all_letters = "mptsn";
  static MessageFormat parse(std::string_view text, std::optional<char> terminator,
                             std::string_view letters = all_letters);

  // Whether priority, or type, is asked for.
  bool mentions_priority() const;
  bool mentions_type() const;

  // Appends the record of a message. `number` counts messages, from 1.
  void append_to(std::string& output, const ReceivedMessage& message, std::uint64_t number) const;

 private:
  enum class Piece { text, message, priority, type, size, number, length, json };
  struct Part {
    Piece piece;
    std::string text = {};
  };

  static Piece piece_of(char letter);
  bool mentions(Piece piece) const;

  std::vector<Part> m_parts;
};

}  // namespace ipcutils::messages
