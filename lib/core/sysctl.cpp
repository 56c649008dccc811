#include "sysctl.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <ipcutils/file_descriptor.hpp>

#include "failure.hpp"

namespace ipcutils {

std::optional<std::uint64_t> sysctl(std::string_view name) {
  auto path = fmt::format("/proc/sys/{}", name);
  std::ranges::replace(path, '.', '/');
  const FileDescriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file.is_open()) return std::nullopt;
  std::array<char, 64> text;
  const ssize_t count = retry_on_eintr([&] { return ::read(file.get(), text.data(), text.size()); });
  std::uint64_t value = 0;
  if (count <= 0 || std::from_chars(text.data(), text.data() + count, value).ec != std::errc{})
    return std::nullopt;
  return value;
}

std::string sysctl_with_value(std::string_view name) {
  const auto value = sysctl(name);
  return value ? fmt::format("{} ({})", name, *value) : std::string{name};
}

}  // namespace ipcutils
