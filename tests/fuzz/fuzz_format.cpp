#include <messages/message_format.hpp>
#include <string>

#include "property.hpp"

using namespace ipcutils;
using messages::MessageFormat;

namespace {

constexpr std::string_view message{"%m\0\xff", 4};
constexpr MessageProperties properties{.priority = 12, .type = 345};
constexpr std::uint64_t number = 678;

std::string formatted(const MessageFormat& format) {
  std::string output;
  format.append_to(output, {std::as_bytes(std::span{message}), properties}, number);
  return output;
}

// The same by other means: what it says, one character after the other.
std::optional<std::string> expected(std::string_view format) {
  std::string output;
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') {
      output += format[i];
      continue;
    }
    switch (++i < format.size() ? format[i] : '\0') {
      case 'm':
        output += message;
        break;
      case 'p':
        output += "12";
        break;
      case 't':
        output += "345";
        break;
      case 's':
        output += "4";
        break;
      case 'n':
        output += "678";
        break;
      case '%':
        output += "%";
        break;
      default:
        return std::nullopt;
    }
  }
  return output;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = text_of(data, size);
  const auto record = expected(text);
  const auto format = parsed([&] { return MessageFormat::parse(text, std::nullopt); });
  require(format.has_value() == record.has_value(), "what is understood is a format, and nothing else");
  if (!format) return 0;
  require(formatted(*format) == *record, "a format says what is printed");
  for (const char end : {'\n', '\0', '%'})
    require(formatted(MessageFormat::parse(text, end)) == *record + end, "the end follows");

  std::string quoted;
  for (const char c : text) quoted += c == '%' ? "%%" : std::string{c};
  const auto literal = MessageFormat::parse(quoted, std::nullopt);
  require(formatted(literal) == text, "doubled percent signs stand for themselves");
  require(!literal.mentions_priority() && !literal.mentions_type(), "text asks for nothing");
  return 0;
}
