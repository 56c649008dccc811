#include "sysvipc.hpp"

#include <algorithm>
#include <charconv>
#include <span>
#include <string_view>

#include "../core/read_file.hpp"

namespace ipcutils {

namespace {

constexpr std::size_t permissions_column = 2;

// Whether a line begins with so many numbers.
bool parse_row(std::string_view line, std::span<std::uint64_t> row) {
  const char* position = line.data();
  const char* const end = position + line.size();
  for (std::size_t column = 0; column < row.size(); ++column) {
    while (position != end && *position == ' ') ++position;
    const bool is_negative = position != end && *position == '-';
    std::uint64_t value = 0;
    const auto result =
        std::from_chars(position + is_negative, end, value, column == permissions_column ? 8 : 10);
    if (result.ec != std::errc{}) return false;
    row[column] = is_negative ? 0 - value : value;
    position = result.ptr;
  }
  return true;
}

}  // namespace

std::vector<SysvRow> read_sysvipc(const std::string& table, std::size_t column_count) {
  const auto text = read_file_if_readable("/proc/sysvipc/" + table).value_or("");
  std::vector<SysvRow> rows;
  auto rest = std::string_view{text};
  rest.remove_prefix(std::min(rest.find('\n') + 1, rest.size()));  // the names of the columns
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    SysvRow row{};
    if (parse_row(rest.substr(0, end), std::span{row}.first(column_count))) rows.push_back(row);
    rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
  }
  return rows;
}

}  // namespace ipcutils
