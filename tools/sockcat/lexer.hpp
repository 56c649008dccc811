// Words out of an address: quotes, brackets and backslashes as socat takes them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ipcutils::sockcat {

inline constexpr std::size_t max_address_length = 64 * 1024;
inline constexpr unsigned max_nesting = 100;

// What becomes of the outermost quotes.
enum class Quotes { dropped, kept };

// Goes through a text once.
//
// '…' hides everything but \, "…" everything but \, brackets and '…'; these outermost quotes are dropped.
// (…), […] and {…} hide separators too, and stay, with all that is between them, quotes included. A bracket
// that is never closed ends with the text. \ takes the special meaning from what follows, with \0 \a \b \f \n
// \r \t \v as in C, everywhere. All failures are Errors (EINVAL) that quote the text.
class Lexer {
 public:
  // The text must outlive the lexer. Refuses one longer than max_address_length.
  explicit Lexer(std::string_view text);

  // The text up to one of the separators, or the end; by default without one level of quotes.
  std::string take_until(const std::vector<std::string_view>& separators, Quotes quotes = Quotes::dropped);

  bool is_at_quote() const { return m_rest.starts_with('\'') || m_rest.starts_with('"'); }

  // Goes over it if the rest begins with it, and tells whether it does.
  bool skip(std::string_view separator);

  bool is_at_end() const { return m_rest.empty(); }

 private:
  void take_escape(std::string& token);
  void take_one(std::string& token);
  void take_hard_quoted(std::string& token);
  std::string kept_hard_quoted();
  bool take_nested(std::string& token, char closing);
  bool take_kept(std::string& token);
  [[noreturn]] void refuse(std::string reason) const;

  std::string_view m_text;
  std::string_view m_rest;
  unsigned m_nesting = 0;
};

// The arguments of a command, separated by spaces, which quotes, brackets and \ hide. An empty argument needs
// quotes.
std::vector<std::string> split_command(std::string_view text);

}  // namespace ipcutils::sockcat
