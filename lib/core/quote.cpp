#include <fmt/format.h>

#include <ipcutils/quote.hpp>

namespace ipcutils {

namespace {

struct CodePoint {
  char32_t value;
  std::size_t length;  // in bytes; 0: not UTF-8
};

constexpr bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// Decodes the first code point of a text that is not empty.
CodePoint decode(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80) return {lead, 1};
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return {0, 0};
  char32_t value = lead & (0x7Fu >> length);
  for (const char c : text.substr(1, length - 1)) {
    if (!is_continuation(c)) return {0, 0};
    value = value << 6 | (static_cast<unsigned char>(c) & 0x3Fu);
  }
  constexpr char32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool is_surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (value < smallest[length] || value > 0x10FFFF || is_surrogate) return {0, 0};
  return {value, length};
}

// C0, DEL and C1: a terminal may take any of them for a command.
constexpr bool is_control(char32_t c) { return c < 0x20 || (c >= 0x7F && c < 0xA0); }

void append_escaped(std::string& out, char c) {
  switch (c) {
    case '\\':
      out += "\\\\";
      break;
    case '\n':
      out += "\\n";
      break;
    case '\t':
      out += "\\t";
      break;
    default:
      fmt::format_to(std::back_inserter(out), "\\{:03o}", static_cast<unsigned char>(c));
  }
}

}  // namespace

bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const auto c = decode(text);
    if (c.length == 0) return false;
    text.remove_prefix(c.length);
  }
  return true;
}

bool is_printable(std::string_view text) noexcept {
  while (!text.empty()) {
    const auto c = decode(text);
    if (c.length == 0 || is_control(c.value)) return false;
    text.remove_prefix(c.length);
  }
  return true;
}

std::string escape(std::string_view text) {
  if (is_printable(text)) return std::string{text};
  std::string out;
  while (!text.empty()) {
    const auto c = decode(text);
    const std::size_t length = c.length == 0 ? 1 : c.length;
    if (c.length == 0 || is_control(c.value) || c.value == '\\') {
      for (const char byte : text.substr(0, length)) append_escaped(out, byte);
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  return out;
}

std::string quote(std::string_view text) { return fmt::format("'{}'", escape(text)); }

}  // namespace ipcutils
