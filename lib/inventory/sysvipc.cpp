#include "sysvipc.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "../core/read_file.hpp"

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
    const auto result =
        std::from_chars(position + is_negative, end, value, row.size() == permissions_column ? 8 : 10);
    if (result.ec != std::errc{}) return row;
    row.push_back(is_negative ? 0 - value : value);
    position = result.ptr;
  }
}

}  // namespace

std::vector<std::vector<std::uint64_t>> read_sysvipc(const std::string& table) {
  const auto text = read_file_if_readable("/proc/sysvipc/" + table).value_or("");
  std::vector<std::vector<std::uint64_t>> rows;
  auto rest = std::string_view{text};
  rest.remove_prefix(std::min(rest.find('\n') + 1, rest.size()));  // the names of the columns
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    rows.push_back(parse_row(rest.substr(0, end)));
    rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
  }
  return rows;
}

}  // namespace ipcutils
