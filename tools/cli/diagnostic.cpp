#include "diagnostic.hpp"

#include <unistd.h>

namespace ipcutils::cli {

void write_diagnostic(std::string_view text) noexcept {
  while (!text.empty()) {
    const auto count = ::write(STDERR_FILENO, text.data(), text.size());
    if (count <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

}  // namespace ipcutils::cli
