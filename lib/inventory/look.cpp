#include "look.hpp"

#include <fcntl.h>

#include <cerrno>

#include "../core/backoff.hpp"

namespace ipcutils {

Deadline patience_with_leases() { return Deadline::after(std::chrono::milliseconds{100}); }

std::optional<FileDescriptor> open_to_look(int directory, const char* path, const Deadline& patience) {
  const auto open = [&]() -> std::optional<FileDescriptor> {
    FileDescriptor file{::openat(directory, path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC)};
    if (!file.is_open() && errno == EAGAIN) return std::nullopt;
    return file;
  };
  return poll_with_backoff(patience, open);
}

}  // namespace ipcutils
