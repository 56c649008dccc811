#include <algorithm>
#include <ipcutils/mode.hpp>
#include <ipcutils/quote.hpp>
#include <span>

#include "failure.hpp"

namespace ipcutils {

namespace {

constexpr mode_t everybody = 0777;

struct Letter {
  char letter;
  mode_t mask;
};
constexpr Letter classes[] = {{'u', 0700}, {'g', 0070}, {'o', 0007}, {'a', everybody}};
constexpr Letter permissions[] = {{'r', 0444}, {'w', 0222}, {'x', 0111}};

// Takes the leading letters that are in the table and returns their masks together.
mode_t take_mask(std::string_view& text, std::span<const Letter> letters) {
  mode_t mask = 0;
  for (; !text.empty(); text.remove_prefix(1)) {
    const auto known = std::ranges::find(letters, text[0], &Letter::letter);
    if (known == letters.end()) break;
    mask |= known->mask;
  }
  return mask;
}

class SymbolicMode {
 public:
  SymbolicMode(std::string_view text, mode_t base) : m_text{text}, m_rest{text}, m_mode{base} {}

  mode_t apply() {
    do {
      apply_clause();
    } while (take(','));
    if (!m_rest.empty()) refuse();
    return m_mode;
  }

 private:
  [[noreturn]] void refuse() const {
    throw Error::invalid(fmt::format("invalid mode {}", quote(m_text)),
                         "neither octal permissions, 0 to 777, nor symbolic ones such as u=rw,g+r");
  }

  bool take(char c) {
    if (!m_rest.starts_with(c)) return false;
    m_rest.remove_prefix(1);
    return true;
  }

  // [ugoa]... then one or more of: [-+=] and either one of [ugo] or any of [rwx].
  void apply_clause() {
    mode_t who = take_mask(m_rest, classes);
    if (who == 0) who = everybody;
    do {
      if (m_rest.empty()) refuse();
      const char operation = m_rest[0];
      if (operation != '+' && operation != '-' && operation != '=') refuse();
      m_rest.remove_prefix(1);
      const mode_t bits = who & take_permissions();
      if (operation == '+') m_mode |= bits;
      if (operation == '-') m_mode &= ~bits;
      if (operation == '=') m_mode = (m_mode & ~who) | bits;
    } while (!m_rest.empty() && m_rest[0] != ',');
  }

  // A class stands for the permissions that it has, as all three classes would have them.
  mode_t take_permissions() {
    constexpr std::string_view copied = "ogu";
    const auto index = m_rest.empty() ? copied.npos : copied.find(m_rest[0]);
    if (index == copied.npos) return take_mask(m_rest, permissions);
    m_rest.remove_prefix(1);
    return (m_mode >> 3 * index & 7) * 0111;
  }

  std::string_view m_text;
  std::string_view m_rest;
  mode_t m_mode;
};

bool is_octal(std::string_view text) {
  return !text.empty() && text.find_first_not_of("01234567") == text.npos;
}

}  // namespace

mode_t parse_mode(std::string_view text, mode_t base) {
  if (!is_octal(text)) return SymbolicMode{text, base}.apply();
  mode_t mode = 0;
  for (const char c : text) {
    mode = mode << 3 | static_cast<mode_t>(c - '0');
    if (mode > everybody)
      throw Error::invalid(fmt::format("invalid mode {}", quote(text)), "it must be at most 777");
  }
  return mode;
}

}  // namespace ipcutils
