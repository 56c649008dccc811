#include <fmt/format.h>

#include <algorithm>
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

struct CodePoints {
  char32_t first, last;
};

// Spaces, and what Unicode calls Default_Ignorable_Code_Point: it shows as nothing, or reorders the rest.
constexpr CodePoints invisible[] = {
    {0xA0, 0xA0},       {0xAD, 0xAD},     {0x34F, 0x34F},   {0x61C, 0x61C},     {0x115F, 0x1160},
    {0x1680, 0x1680},   {0x17B4, 0x17B5}, {0x180B, 0x180F}, {0x2000, 0x200F},   {0x2028, 0x202F},
    {0x205F, 0x206F},   {0x2800, 0x2800}, {0x3000, 0x3000}, {0x3164, 0x3164},   {0xFE00, 0xFE0F},
    {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0}, {0xFFF0, 0xFFFB}, {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A},
    {0xE0000, 0xE0FFF},
};

bool is_invisible(char32_t c) {
  return std::ranges::any_of(invisible,
                             [c](CodePoints range) { return c >= range.first && c <= range.last; });
}

// Characters that most names consist of, and that are never escaped.
constexpr bool is_plain(char c) { return c > ' ' && c <= '~' && c != '\\'; }

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

// Escapes what is not UTF-8, and the code points that `is_escaped` chooses.
template <typename IsEscaped>
std::string escape_where(std::string_view text, IsEscaped is_escaped) {
  std::string out;
  while (!text.empty()) {
    const auto c = decode(text);
    const auto bytes = text.substr(0, c.length == 0 ? 1 : c.length);
    if (c.length == 0 || is_escaped(c.value))
      for (const char byte : bytes) append_escaped(out, byte);
    else
      out += bytes;
    text.remove_prefix(bytes.size());
  }
  return out;
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
  return escape_where(text, [](char32_t c) { return is_control(c) || c == '\\'; });
}

std::string escape_distinctly(std::string_view text) {
  if (std::ranges::all_of(text, is_plain)) return std::string{text};
  const bool ends_in_space = text.ends_with(' ');
  if (ends_in_space) text.remove_suffix(1);
  auto out = escape_where(text, [](char32_t c) { return is_control(c) || is_invisible(c) || c == '\\'; });
  if (ends_in_space) append_escaped(out, ' ');
  return out;
}

std::string quote(std::string_view text) { return fmt::format("'{}'", escape(text)); }

}  // namespace ipcutils
