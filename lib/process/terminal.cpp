#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <ipcutils/terminal.hpp>

#include "../core/failure.hpp"

namespace ipcutils {

bool is_terminal(int fd) noexcept { return ::isatty(fd) != 0; }

std::optional<unsigned> terminal_lines(int fd) noexcept {
  struct winsize size;
  if (::ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_row == 0) return std::nullopt;
  return size.ws_row;
}

Pseudoterminal make_pseudoterminal() {
  constexpr auto attempt = "cannot make a pseudoterminal";
  FileDescriptor control{::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)};
  std::array<char, 64> path;
  if (!control.is_open() || ::grantpt(control.get()) != 0 || ::unlockpt(control.get()) != 0 ||
      ::ptsname_r(control.get(), path.data(), path.size()) != 0)
    fail(errno, attempt);
  FileDescriptor terminal{::open(path.data(), O_RDWR | O_NOCTTY | O_CLOEXEC)};
  if (!terminal.is_open()) fail(errno, attempt);
  return {std::move(control), std::move(terminal), path.data()};
}

void begin_session() noexcept { ::setsid(); }

}  // namespace ipcutils
