#include "message_format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>

#include "../cli/format.hpp"
#include "message_json.hpp"

namespace ipcutils::messages {

namespace {

void append_length(std::string& output, std::size_t size) {
  for (int shift = 24; shift >= 0; shift -= 8) output.push_back(static_cast<char>(size >> shift & 0xff));
}

}  // namespace

MessageFormat MessageFormat::terminated(std::optional<char> terminator) { return parse("%m", terminator); }

MessageFormat MessageFormat::length_prefixed() {
  MessageFormat format;
  format.m_parts = {{Piece::length}, {Piece::message}};
  return format;
}

MessageFormat MessageFormat::json(std::optional<char> terminator) {
  MessageFormat format;
  format.m_parts = {{Piece::json}};
  if (terminator) format.m_parts.push_back({Piece::text, {*terminator}});
  return format;
}

MessageFormat MessageFormat::parse(std::string_view text, std::optional<char> terminator,
                                   std::string_view letters) {
  MessageFormat format;
  auto& parts = format.m_parts;
  for (auto& part : cli::parse_format(text, letters))
    parts.push_back(part.letter ? Part{piece_of(*part.letter)} : Part{Piece::text, std::move(part.text)});
  if (terminator && (parts.empty() || parts.back().piece != Piece::text)) parts.push_back({Piece::text});
  if (terminator) parts.back().text.push_back(*terminator);
  return format;
}

MessageFormat::Piece MessageFormat::piece_of(char letter) {
  switch (letter) {
    case 'm':
      return Piece::message;
    case 'p':
      return Piece::priority;
    case 't':
      return Piece::type;
    case 's':
      return Piece::size;
    case 'n':
      return Piece::number;
  }
  std::abort();  // a letter without a piece
}

bool MessageFormat::mentions(Piece piece) const {
  return std::ranges::any_of(m_parts, [piece](const Part& part) { return part.piece == piece; });
}

bool MessageFormat::mentions_priority() const { return mentions(Piece::priority); }
bool MessageFormat::mentions_type() const { return mentions(Piece::type); }

void MessageFormat::append_to(std::string& output, const ReceivedMessage& message,
                              std::uint64_t number) const {
  const auto end = std::back_inserter(output);
  for (const auto& part : m_parts) {
    switch (part.piece) {
      case Piece::text:
        output += part.text;
        break;
      case Piece::message:
        output.append(reinterpret_cast<const char*>(message.data.data()), message.data.size());
        break;
      case Piece::priority:
        fmt::format_to(end, "{}", message.properties.priority.value_or(0));
        break;
      case Piece::type:
        fmt::format_to(end, "{}", message.properties.type.value_or(0));
        break;
      case Piece::size:
        fmt::format_to(end, "{}", message.data.size());
        break;
      case Piece::number:
        fmt::format_to(end, "{}", number);
        break;
      case Piece::length:
        append_length(output, message.data.size());
        break;
      case Piece::json:
        output += message_to_json(message, message.lost_before);
        break;
    }
  }
}

}  // namespace ipcutils::messages
