#include "json_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <compare>
#include <cstdint>
#include <deque>
#include <functional>
#include <ipcutils/quote.hpp>
#include <ipcutils/rpc_message.hpp>
#include <vector>

#include "json.hpp"

namespace ipcutils {

namespace {

struct Fault {
  std::size_t at;
  std::string reason;
};

// The hash comes first: objects of millions of members are sorted ten times as fast.
struct Name {
  std::size_t hash;
  std::string_view text;

  auto operator<=>(const Name&) const = default;
};

// Bytes of strings that mean themselves and need no check.
constexpr auto plain = [] {
  std::array<bool, 256> table{};
  for (std::size_t byte = ' '; byte < 0x80; ++byte) table[byte] = byte != '"' && byte != '\\';
  return table;
}();

constexpr bool is_plain(char c) { return plain[static_cast<unsigned char>(c)]; }
constexpr bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Reads a text from its first byte to its last; throws Fault.
class Check {
 public:
  Check(std::string_view text, std::size_t max_depth)
      : m_begin{text.data()}, m_end{m_begin + text.size()}, m_at{m_begin}, m_max_depth{max_depth} {}

  void all() {
    value();
    if (next() != '\0' || m_at != m_end) refuse("something follows the value");
  }

 private:
  [[noreturn]] void refuse_at(const char* at, std::string reason) const {
    throw Fault{static_cast<std::size_t>(at - m_begin), std::move(reason)};
  }
  [[noreturn]] void refuse(std::string reason) const { refuse_at(m_at, std::move(reason)); }

  // NUL at the end, which no byte of JSON is.
  char peek() const { return m_at == m_end ? '\0' : *m_at; }
  bool skip(char c) {
    if (peek() != c) return false;
    ++m_at;
    return true;
  }
  char next() {
    m_at = std::find_if_not(m_at, m_end, is_json_blank);
    return peek();
  }

  void value() {
    switch (next()) {
      case '{':
        return structure('}', [this] { members(); });
      case '[':
        return structure(']', [this] { elements(); });
      case '"':
        return string();
      case 't':
        return word("true");
      case 'f':
        return word("false");
      case 'n':
        return word("null");
      default:
        return number();
    }
  }

  void word(std::string_view word) {
    if (!std::string_view{m_at, m_end}.starts_with(word)) refuse("a value is expected");
    m_at += word.size();
  }

  template <typename Content>
  void structure(char end, Content content) {
    if (m_depth == m_max_depth) refuse(fmt::format("it is nested deeper than {} levels", m_max_depth));
    ++m_depth;
    ++m_at;
    if (next() != end) content();
    if (!skip(end)) refuse(fmt::format("',' or '{}' is expected", end));
    --m_depth;
  }

  void elements() {
    do value();
    while (next() == ',' && skip(','));
  }

  void members() {
    const auto names = m_names.size();
    do {
      if (next() != '"') refuse("the name of a member is expected");
      const auto* const name = m_at;
      string();
      keep_name({name, m_at});
      if (next() != ':') refuse("':' is expected");
      ++m_at;
      value();
    } while (next() == ',' && skip(','));
    const auto first = m_names.begin() + static_cast<std::ptrdiff_t>(names);
    std::sort(first, m_names.end());
    if (const auto twin = std::adjacent_find(first, m_names.end()); twin != m_names.end())
      refuse(fmt::format("two members of the object that ends here are named {}",
                         quote(twin->text.substr(0, 64))));
    m_names.erase(first, m_names.end());
  }

  // Most names are what stands in the text. Others are decoded, since different escapes may mean the same.
  void keep_name(std::string_view quoted) {
    const bool is_plain_text = quoted.find('\\') == quoted.npos;
    const std::string_view text = is_plain_text ? quoted.substr(1, quoted.size() - 2)
                                                : m_decoded.emplace_back(decode_json_string(quoted));
    m_names.push_back({std::hash<std::string_view>{}(text), text});
  }

  void string() {
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

  void beyond_ascii() {
    const auto* const end = std::find_if(m_at, m_end, is_ascii);
    if (!is_utf8({m_at, end})) refuse("a string is not UTF-8");
    m_at = end;
  }

  void escape() {
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

  bool is_low_surrogate() {
    const auto unit = code_unit();
    return unit >= 0xDC00 && unit <= 0xDFFF;
  }

  unsigned code_unit() {
    unsigned unit = 0;
    const auto* const end = m_at + std::min<std::ptrdiff_t>(4, m_end - m_at);
    if (std::from_chars(m_at, end, unit, 16).ptr != m_at + 4) refuse("\\u needs four hexadecimal digits");
    m_at = end;
    return unit;
  }

  void digits() {
    if (!is_digit(peek())) refuse("a digit is expected");
    m_at = std::find_if_not(m_at, m_end, is_digit);
  }

  void number() {
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

  template <typename Number>
  static bool is_in_range(std::string_view text) {
    Number number;
    return std::from_chars(text.data(), text.data() + text.size(), number).ec == std::errc{};
  }
  static bool is_double(std::string_view text) { return is_in_range<double>(text); }
  static bool is_integer(std::string_view text) {
    return text[0] == '-' ? is_in_range<std::int64_t>(text) : is_in_range<std::uint64_t>(text);
  }

  const char* m_begin;
  const char* m_end;
  const char* m_at;
  std::size_t m_max_depth;
  std::size_t m_depth = 0;
  std::vector<Name> m_names;  // of the objects around m_at
  std::deque<std::string> m_decoded;
};

}  // namespace

std::optional<std::string> json_fault(std::string_view text, std::size_t max_depth) {
  try {
    Check{text, max_depth}.all();
    return std::nullopt;
  } catch (const Fault& fault) {
    return fmt::format("at byte {}: {}", fault.at + 1, fault.reason);
  }
}

std::optional<std::string> json_fault(std::string_view text) { return json_fault(text, max_json_depth); }

}  // namespace ipcutils
