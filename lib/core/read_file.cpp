#include "read_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <ipcutils/file_descriptor.hpp>

#include "failure.hpp"

namespace ipcutils {

// Files of /proc do not tell their size.
std::optional<std::string> read_file_if_readable(const std::string& path) {
  const FileDescriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file.is_open()) return std::nullopt;
  std::string text;
  for (std::size_t size = 0, step = 4096;; step = 64 * 1024) {
    text.resize(size + step);
    const ssize_t count =
        retry_on_eintr([&] { return ::read(file.get(), text.data() + size, text.size() - size); });
    if (count == -1) return std::nullopt;
    size += static_cast<std::size_t>(count);
    text.resize(size);
    if (count == 0) return text;
  }
}

}  // namespace ipcutils
