#include "sysvipc.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <ipcutils/file_descriptor.hpp>
#include <string_view>

#include "../core/failure.hpp"

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

std::string read_file(const std::string& path) {
  std::string text;
  const FileDescriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file.is_open()) return text;
  for (std::size_t size = 0;;) {
    text.resize(size + 64 * 1024);
    const ssize_t count =
        retry_on_eintr([&] { return ::read(file.get(), text.data() + size, text.size() - size); });
    if (count == -1) fail(errno, "cannot read '{}'", path);
    size += static_cast<std::size_t>(count);
    text.resize(size);
    if (count == 0) return text;
  }
}

}  // namespace

std::vector<std::vector<std::uint64_t>> read_sysvipc(const std::string& table) {
  const auto text = read_file("/proc/sysvipc/" + table);
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
