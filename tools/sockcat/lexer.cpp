#include "lexer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ipcutils/error.hpp>

#include "spelling.hpp"

namespace ipcutils::sockcat {

namespace {

// What follows a backslash, and what both are. Anything else is itself.
constexpr std::string_view escaped = "0abfnrtv";
constexpr std::string_view meant{"\0\a\b\f\n\r\t\v", 8};

constexpr std::string_view opening_brackets = "([{";
constexpr std::string_view closing_brackets = ")]}";

}  // namespace

Lexer::Lexer(std::string_view text) : m_text{text}, m_rest{text} {
  if (text.size() > max_address_length) refuse(fmt::format("it is longer than {} bytes", max_address_length));
}

void Lexer::refuse(std::string reason) const {
  throw Error::invalid(fmt::format("invalid address {}", shown(m_text)), std::move(reason));
}

bool Lexer::skip(std::string_view separator) {
  if (!m_rest.starts_with(separator)) return false;
  m_rest.remove_prefix(separator.size());
  return true;
}

void Lexer::take_one(std::string& token) {
  if (m_rest[0] == '\\') return take_escape(token);
  token += m_rest[0];
  m_rest.remove_prefix(1);
}

void Lexer::take_escape(std::string& token) {
  if (m_rest.size() < 2) refuse("nothing follows its last backslash");
  const auto index = escaped.find(m_rest[1]);
  token += index == escaped.npos ? m_rest[1] : meant[index];
  m_rest.remove_prefix(2);
}

// What is between single quotes, the first of which is behind us, and the last.
void Lexer::take_hard_quoted(std::string& token) {
  while (!skip("'")) {
    if (is_at_end()) refuse("a single quote is not closed");
    take_one(token);
  }
}

// The same with its quotes. '"a b"' is what users of socat write to get one argument through its two levels
// of quotes.
std::string Lexer::kept_hard_quoted() {
  std::string inner;
  take_hard_quoted(inner);
  const bool is_quoted_twice = inner.size() > 1 && inner.starts_with('"') && inner.ends_with('"');
  return is_quoted_twice ? inner : fmt::format("'{}'", inner);
}

// Quotes and brackets within others: they stay. False if none begins here.
bool Lexer::take_kept(std::string& token) {
  const char first = m_rest[0];
  if (skip("'")) {
    token += first;
    take_hard_quoted(token);
    token += first;
    return true;
  }
  const auto bracket = opening_brackets.find(first);
  if (first != '"' && bracket == opening_brackets.npos) return false;
  const char closing = first == '"' ? '"' : closing_brackets[bracket];
  m_rest.remove_prefix(1);
  token += first;
  if (take_nested(token, closing)) token += closing;
  return true;
}

// What comes before the character that closes it, and that. False if nothing does.
bool Lexer::take_nested(std::string& token, char closing) {
  if (++m_nesting > max_nesting) refuse("its brackets are nested too deeply");
  while (!skip({&closing, 1})) {
    if (is_at_end()) {
      if (closing == '"') refuse("a double quote is not closed");
      --m_nesting;
      return false;
    }
    if (!take_kept(token)) take_one(token);
  }
  --m_nesting;
  return true;
}

std::string Lexer::take_until(const std::vector<std::string_view>& separators, Quotes quotes) {
  const auto begins = [this](std::string_view separator) { return m_rest.starts_with(separator); };
  std::string token;
  while (!is_at_end() && std::ranges::none_of(separators, begins)) {
    if (quotes == Quotes::dropped && skip("'"))
      take_hard_quoted(token);
    else if (quotes == Quotes::dropped && skip("\""))
      take_nested(token, '"');
    else if (quotes == Quotes::kept && skip("'"))
      token += kept_hard_quoted();
    else if (!take_kept(token))
      take_one(token);
  }
  return token;
}

std::vector<std::string> split_command(std::string_view text) {
  std::vector<std::string> arguments;
  Lexer lexer{text};
  for (;;) {
    while (lexer.skip(" ")) continue;
    if (lexer.is_at_end()) return arguments;
    arguments.push_back(lexer.take_until({" "}));
  }
}

}  // namespace ipcutils::sockcat
