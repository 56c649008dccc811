// The strings, numbers and words of a JSON text, checked in place. Internal.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "json.hpp"

namespace ipcutils {

// Why a text is no JSON, and at which byte of it.
struct JsonFault {
  std::size_t at;
  std::string reason;
};

// A place in a text, which moves from its first byte to its last. Throws JsonFault.
class JsonTokens {
 public:
  explicit JsonTokens(std::string_view text)
      : m_begin{text.data()}, m_end{m_begin + text.size()}, m_at{m_begin} {}

  const char* at() const noexcept { return m_at; }
  bool is_at_end() const noexcept { return m_at == m_end; }
  [[noreturn]] void refuse(std::string reason) const { refuse_at(m_at, std::move(reason)); }

  // NUL at the end, which no byte of JSON is.
  char peek() const noexcept { return is_at_end() ? '\0' : *m_at; }
  bool skip(char c) noexcept {
    if (peek() != c) return false;
    ++m_at;
    return true;
  }

  // The byte after blanks.
  char next() noexcept {
    m_at = std::find_if_not(m_at, m_end, is_json_blank);
    return peek();
  }

  // Each moves to the byte after the token.
  void string();  // at its first quote
  void number();
  void word(std::string_view word);

 private:
  [[noreturn]] void refuse_at(const char* at, std::string reason) const;
  void beyond_ascii();
  void escape();
  bool is_low_surrogate();
  unsigned code_unit();
  void digits();

  const char* m_begin;
  const char* m_end;
  const char* m_at;
};

}  // namespace ipcutils
