#include "ready.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <ipcutils/error.hpp>
#include <ipcutils/file_descriptor.hpp>
#include <ipcutils/number.hpp>
#include <limits>

#include "command_line.hpp"

namespace ipcutils::cli {

void add_ready_option(CommandLine& command_line, std::optional<int>& descriptor) {
  command_line.option(
      "ready-fd", "N", "write a newline to descriptor N when ready, and close it", [&](auto text) {
        descriptor = static_cast<int>(parse_number(text, "descriptor", 1, std::numeric_limits<int>::max()));
        open_flags(*descriptor);  // for its error
        // COMMAND would keep it open.
        if (*descriptor > STDERR_FILENO) set_at_exec(*descriptor, AtExec::close);
      });
}

void tell_ready(const std::optional<int>& descriptor) {
  if (!descriptor) return;
  if (::write(*descriptor, "\n", 1) != 1)
    throw Error{errno, fmt::format("cannot write to descriptor {}", *descriptor)};
  if (*descriptor > STDERR_FILENO) ::close(*descriptor);
}

}  // namespace ipcutils::cli
