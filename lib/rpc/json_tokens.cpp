#include "json_tokens.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <ipcutils/quote.hpp>

namespace ipcutils {

namespace {

// Bytes of strings that mean themselves and need no check.
constexpr auto plain = [] {
  std::array<bool, 256> table{};
  for (std::size_t byte = ' '; byte < 0x80; ++byte) table[byte] = byte != '"' && byte != '\\';
  return table;
}();

constexpr bool is_plain(char c) { return plain[static_cast<unsigned char>(c)]; }
constexpr bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

template <typename Number>
bool is_in_range(std::string_view text) {
  Number number;
  return std::from_chars(text.data(), text.data() + text.size(), number).ec == std::errc{};
}
bool is_double(std::string_view text) { return is_in_range<double>(text); }
bool is_integer(std::string_view text) {
  return text[0] == '-' ? is_in_range<std::int64_t>(text) : is_in_range<std::uint64_t>(text);
}

}  // namespace

void JsonTokens::refuse_at(const char* at, std::string reason) const {
  throw JsonFault{static_cast<std::size_t>(at - m_begin), std::move(reason)};
}

void JsonTokens::string() {
  const auto* const begin = m_at++;
  for (;;) {
    m_at = std::find_if_not(m_at, m_end, is_plain);
    if (m_at == m_end) refuse_at(begin, "the string has no end");
    if (skip('"')) return;
    if (skip('\\'))
      escape();
    else if (is_ascii(*m_at))
      refuse("a control character stands in a string");
    else
      beyond_ascii();
  }
}

void JsonTokens::beyond_ascii() {
  const auto* const end = std::find_if(m_at, m_end, is_ascii);
  if (!is_utf8({m_at, end})) refuse("a string is not UTF-8");
  m_at = end;
}

void JsonTokens::escape() {
  if (skip('u')) {
    const auto unit = code_unit();
    const bool is_low = unit >= 0xDC00 && unit <= 0xDFFF;
    const bool is_high = unit >= 0xD800 && unit <= 0xDBFF;
    if (is_low || (is_high && !(skip('\\') && skip('u') && is_low_surrogate())))
      refuse("half of a surrogate pair is missing");
  } else if (m_at == m_end || std::string_view{"\"\\/bfnrt"}.find(*m_at) == std::string_view::npos) {
    refuse("the escape is unknown");
  } else {
    ++m_at;
  }
}

bool JsonTokens::is_low_surrogate() {
  const auto unit = code_unit();
  return unit >= 0xDC00 && unit <= 0xDFFF;
}

unsigned JsonTokens::code_unit() {
  unsigned unit = 0;
  const auto* const end = m_at + std::min<std::ptrdiff_t>(4, m_end - m_at);
  if (std::from_chars(m_at, end, unit, 16).ptr != m_at + 4) refuse("\\u needs four hexadecimal digits");
  m_at = end;
  return unit;
}

void JsonTokens::digits() {
  if (!is_digit(peek())) refuse("a digit is expected");
  m_at = std::find_if_not(m_at, m_end, is_digit);
}

void JsonTokens::number() {
  const auto* const begin = m_at;
  if (!skip('-') && !is_digit(peek())) refuse(m_at == m_end ? "it ends too early" : "a value is expected");
  if (!skip('0')) digits();
  const auto* const integer_end = m_at;
  if (skip('.')) digits();
  const bool has_exponent = skip('e') || skip('E');
  if (has_exponent) {
    if (!skip('-')) skip('+');
    digits();
  }
  constexpr std::ptrdiff_t always_integer = 18, always_double = 300;  // so few characters fit
  const auto length = m_at - begin;
  if (m_at == integer_end ? length > always_integer && !is_integer({begin, m_at})
                          : (has_exponent || length > always_double) && !is_double({begin, m_at}))
    refuse_at(begin, m_at == integer_end ? "an integer has more than 64 bits"
                                         : "a number is out of the range of double precision");
}

void JsonTokens::word(std::string_view word) {
  if (!std::string_view{m_at, m_end}.starts_with(word)) refuse("a value is expected");
  m_at += word.size();
}

}  // namespace ipcutils
