#include "sysctl.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "read_file.hpp"

namespace ipcutils {

std::optional<std::uint64_t> sysctl(std::string_view name) {
  auto path = fmt::format("/proc/sys/{}", name);
  std::ranges::replace(path, '.', '/');
  const auto text = read_file_if_readable(path);
  std::uint64_t value = 0;
  if (!text || std::from_chars(text->data(), text->data() + text->size(), value).ec != std::errc{})
    return std::nullopt;
  return value;
}

std::string sysctl_with_value(std::string_view name) {
  const auto value = sysctl(name);
  return value ? fmt::format("{} ({})", name, *value) : std::string{name};
}

}  // namespace ipcutils
