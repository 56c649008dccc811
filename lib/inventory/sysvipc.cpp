#include "sysvipc.hpp"

#include <algorithm>
#include <charconv>
#include <span>
#include <string_view>

#include "../core/failure.hpp"
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

std::string_view take_line(std::string_view& text) {
  const auto line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  return line;
}

// Whether it names the columns. Every table begins so, one without rows too.
bool is_heading(std::string_view line) {
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  return line.starts_with("key ") && line.find(" perms ") != line.npos;
}

}  // namespace

std::optional<std::vector<SysvRow>> read_sysvipc(const std::string& name, std::size_t column_count) {
  const auto text = read_file_if_readable("/proc/sysvipc/" + name);
  if (!text) return std::nullopt;
  std::string_view rest{*text};
  if (!is_heading(take_line(rest))) return std::nullopt;
  std::vector<SysvRow> rows;
  while (!rest.empty()) {
    SysvRow row{};
    if (!parse_row(take_line(rest), std::span{row}.first(column_count))) return std::nullopt;
    rows.push_back(row);
  }
  return rows;
}

void refuse_sysv_table(int errnum, std::string_view noun) {
  throw Error{errnum, fmt::format("cannot list System V {}", noun),
              "neither /proc/sysvipc nor the kernel's calls can be read"};
}

Error hidden_rows(std::size_t count, std::string_view noun) {
  return Error{EACCES, fmt::format("cannot inspect {} of the System V {}", count, noun),
               "/proc/sysvipc shows them to everybody, and cannot be read here"};
}

SysvRow row_with(const SysvColumns& columns, int id, const ipc_perm& permissions, std::int64_t change_time) {
  SysvRow row{};
  row[columns.key] = static_cast<std::uint64_t>(permissions.__key);
  row[columns.id] = static_cast<std::uint64_t>(id);
  row[columns.permissions] = permissions.mode;
  row[columns.uid] = permissions.uid;
  row[columns.gid] = permissions.gid;
  row[columns.creator_uid] = permissions.cuid;
  row[columns.creator_gid] = permissions.cgid;
  row[columns.change_time] = static_cast<std::uint64_t>(change_time);
  return row;
}

}  // namespace ipcutils
