#include "human_size.hpp"

#include <fmt/format.h>

#include <string_view>

namespace ipcutils::cli {

std::string human_size(std::uint64_t bytes) {
  constexpr std::string_view letters = "BKMGTPE";
  unsigned unit = 0;
  while (unit + 1 < letters.size() && bytes >> (10 * (unit + 1)) != 0) ++unit;
  const unsigned shift = 10 * unit;
  auto whole = bytes >> shift;
  __extension__ using Wide = unsigned __int128;
  const auto thousandths = static_cast<unsigned>(Wide{bytes - (whole << shift)} * 1000 >> shift);
  auto tenths = (thousandths + 50) / 100;
  if (tenths == 10) {
    ++whole;
    tenths = 0;
  }
  if (tenths == 0) return fmt::format("{}{}", whole, letters[unit]);
  return fmt::format("{}.{}{}", whole, tenths, letters[unit]);
}

std::string size_text(std::uint64_t bytes, Sizes sizes) {
  return sizes == Sizes::human ? human_size(bytes) : std::to_string(bytes);
}

}  // namespace ipcutils::cli
