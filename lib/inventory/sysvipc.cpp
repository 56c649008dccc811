#include "sysvipc.hpp"

#include <charconv>
#include <fstream>
#include <string_view>

namespace ipcutils {

namespace {

constexpr std::size_t permissions_column = 2;

std::vector<std::uint64_t> parse_row(std::string_view line) {
  std::vector<std::uint64_t> row;
  const char* position = line.data();
  const char* const end = position + line.size();
  for (;;) {
    while (position != end && *position == ' ') ++position;
    const bool is_negative = position != end && *position == '-';
    std::uint64_t value = 0;
    const auto result = std::from_chars(position + is_negative, end, value, row.size() == permissions_column ? 8 : 10);
    if (result.ec != std::errc{}) return row;
    row.push_back(is_negative ? 0 - value : value);
    position = result.ptr;
  }
}

}  // namespace

std::vector<std::vector<std::uint64_t>> read_sysvipc(const std::string& table) {
  std::ifstream file{"/proc/sysvipc/" + table};
  std::vector<std::vector<std::uint64_t>> rows;
  std::string line;
  std::getline(file, line);  // the names of the columns
  while (std::getline(file, line)) rows.push_back(parse_row(line));
  return rows;
}

}  // namespace ipcutils
