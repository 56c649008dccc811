#include "diagnostic.hpp"

#include <limits.h>
#include <unistd.h>

#include <algorithm>
#include <ipcutils/error.hpp>
#include <ipcutils/wait.hpp>

namespace ipcutils::cli {

// A full pipe is waited for, which a signal ends; PIPE_BUF bytes fit then.
void write_diagnostic(std::string_view text) noexcept {
  const auto has_room = [](const Deadline& deadline) {
    return wait_for_event(STDERR_FILENO, POLLOUT, deadline) == Waited::ready;
  };
  try {
    while (!text.empty()) {
      // A signal that has come is no reason to keep silent.
      if (!has_room(Deadline::immediate()) && !has_room(Deadline::never().interrupted_by_any())) return;
      const auto count = ::write(STDERR_FILENO, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
      if (count <= 0) return;
      text.remove_prefix(static_cast<std::size_t>(count));
    }
  } catch (...) {  // there is no other place to complain
  }
}

}  // namespace ipcutils::cli
