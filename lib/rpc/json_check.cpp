#include "json_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <compare>
#include <deque>
#include <functional>
#include <ipcutils/quote.hpp>
#include <ipcutils/rpc_message.hpp>
#include <vector>

#include "json.hpp"
#include "json_tokens.hpp"

namespace ipcutils {

namespace {

// The hash comes first: objects of millions of members are sorted several times as fast.
struct Name {
  std::size_t hash;
  std::string_view text;

  auto operator<=>(const Name&) const = default;
};

// Reads a text from its first byte to its last; throws JsonFault.
class Check {
 public:
  Check(std::string_view text, std::size_t max_depth) : m_tokens{text}, m_max_depth{max_depth} {}

  void all() {
    value();
    if (m_tokens.next() != '\0' || !m_tokens.is_at_end()) m_tokens.refuse("something follows the value");
  }

 private:
  void value() {
    switch (m_tokens.next()) {
      case '{':
        return structure('}', [this] { members(); });
      case '[':
        return structure(']', [this] { elements(); });
      case '"':
        return m_tokens.string();
      case 't':
        return m_tokens.word("true");
      case 'f':
        return m_tokens.word("false");
      case 'n':
        return m_tokens.word("null");
      default:
        return m_tokens.number();
    }
  }

  template <typename Content>
  void structure(char end, Content content) {
    if (m_depth == m_max_depth)
      m_tokens.refuse(fmt::format("it is nested deeper than {} levels", m_max_depth));
    ++m_depth;
    m_tokens.skip(m_tokens.peek());
    if (m_tokens.next() != end) content();
    if (!m_tokens.skip(end)) m_tokens.refuse(fmt::format("',' or '{}' is expected", end));
    --m_depth;
  }

  bool has_more() {
    m_tokens.next();
    return m_tokens.skip(',');
  }

  void elements() {
    do value();
    while (has_more());
  }

  void members() {
    const auto names = m_names.size();
    do {
      if (m_tokens.next() != '"') m_tokens.refuse("the name of a member is expected");
      const auto* const name = m_tokens.at();
      m_tokens.string();
      keep_name({name, m_tokens.at()});
      m_tokens.next();
      if (!m_tokens.skip(':')) m_tokens.refuse("':' is expected");
      value();
    } while (has_more());
    const auto first = m_names.begin() + static_cast<std::ptrdiff_t>(names);
    std::sort(first, m_names.end());
    if (const auto twin = std::adjacent_find(first, m_names.end()); twin != m_names.end())
      m_tokens.refuse(fmt::format("two members of the object that ends here are named {}",
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

  JsonTokens m_tokens;
  std::size_t m_max_depth;
  std::size_t m_depth = 0;
  std::vector<Name> m_names;  // of the objects around
  std::deque<std::string> m_decoded;
};

}  // namespace

std::optional<std::string> json_fault(std::string_view text, std::size_t max_depth) {
  try {
    Check{text, max_depth}.all();
    return std::nullopt;
  } catch (const JsonFault& fault) {
    return fmt::format("at byte {}: {}", fault.at + 1, fault.reason);
  }
}

std::optional<std::string> json_fault(std::string_view text) { return json_fault(text, max_json_depth); }

}  // namespace ipcutils
