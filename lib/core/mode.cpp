#include <ipcutils/mode.hpp>
#include <ipcutils/quote.hpp>

#include "failure.hpp"

namespace ipcutils {

namespace {

constexpr mode_t everybody = 0777;

// Takes the leading characters that `mask_of` knows (gives no 0 for) and returns their masks together.
template <typename MaskOf>
mode_t take_mask(std::string_view& text, MaskOf mask_of) {
  mode_t mask = 0;
  while (!text.empty() && mask_of(text[0]) != 0) {
    mask |= mask_of(text[0]);
    text.remove_prefix(1);
  }
  return mask;
}

mode_t who_mask(char c) {
  switch (c) {
    case 'u':
      return 0700;
    case 'g':
      return 0070;
    case 'o':
      return 0007;
    case 'a':
      return everybody;
    default:
      return 0;
  }
}

mode_t permission_mask(char c) {
  switch (c) {
    case 'r':
      return 0444;
    case 'w':
      return 0222;
    case 'x':
      return 0111;
    default:
      return 0;
  }
}

// The bits of one class, as all three classes would have them: what "g=u" copies.
mode_t copied_mask(char c, mode_t mode) {
  switch (c) {
    case 'u':
      return (mode >> 6 & 7) * 0111;
    case 'g':
      return (mode >> 3 & 7) * 0111;
    case 'o':
      return (mode & 7) * 0111;
    default:
      return 0;
  }
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
    mode_t who = take_mask(m_rest, who_mask);
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

  mode_t take_permissions() {
    if (!m_rest.empty() && (m_rest[0] == 'u' || m_rest[0] == 'g' || m_rest[0] == 'o')) {
      const mode_t copied = copied_mask(m_rest[0], m_mode);
      m_rest.remove_prefix(1);
      return copied;
    }
    return take_mask(m_rest, permission_mask);
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
