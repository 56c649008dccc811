#include "read_file.hpp"

#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <ipcutils/file_descriptor.hpp>

#include "failure.hpp"

namespace ipcutils {

// Files of /proc do not tell their size, and give a page at a time however much is asked for.
std::optional<std::string> read_file_if_readable(const std::string& path) {
  const FileDescriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file.is_open()) return std::nullopt;
  std::string text(4096, '\0');
  for (std::size_t size = 0;;) {
    if (size == text.size()) text.resize(2 * size);
    const ssize_t count =
        retry_on_eintr([&] { return ::read(file.get(), text.data() + size, text.size() - size); });
    if (count == -1) return std::nullopt;
    size += static_cast<std::size_t>(count);
    if (count > 0) continue;
    text.resize(size);
    return text;
  }
}

std::string link_target(const std::string& path) {
  std::array<char, PATH_MAX> target;
  const ssize_t size = ::readlink(path.c_str(), target.data(), target.size());
  return {target.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
}

}  // namespace ipcutils
