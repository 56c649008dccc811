// Words and numbers in the small files of /proc. Internal.
#pragma once

#include <algorithm>
#include <charconv>
#include <string_view>

namespace ipcutils {

// The next word of a line, which begins behind it afterwards; empty at its end.
inline std::string_view take_word(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  const auto word = line.substr(0, line.find(' '));
  line.remove_prefix(word.size());
  return word;
}

// The number that a text begins with; 0: it does not begin with one.
template <typename Number>
Number number_in(std::string_view text, int base) {
  Number number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number, base);
  return number;
}

}  // namespace ipcutils
