#include "timeout.hpp"

#include <fmt/format.h>

#include <ipcutils/number.hpp>

#include "command_line.hpp"
#include "diagnostic.hpp"

namespace ipcutils::cli {

void add_timeout_options(CommandLine& command_line, std::string_view help, std::optional<Duration>& timeout) {
  command_line.option("timeout,w", "DURATION", help,
                      [&timeout](auto text) { timeout = parse_duration(text); });
  command_line.flag("nonblock", "never wait: --timeout 0", [&timeout] { timeout = Duration::zero(); });
}

void add_timeout_status_option(CommandLine& command_line, int& status) {
  command_line.option("timeout-status,E", "N", "exit with N instead of 124 when time is up", [&](auto text) {
    status = static_cast<int>(parse_number(text, "exit status", 0, 255));
  });
}

void add_quiet_option(CommandLine& command_line, TimeoutMessage& message) {
  command_line.flag("quiet,q", "say nothing when time is up",
                    [&message] { message = TimeoutMessage::suppressed; });
}

Deadline wait_deadline(const std::optional<Duration>& timeout) {
  return timeout ? Deadline::after(*timeout) : Deadline::never();
}

int timed_out(std::string_view tool, std::string_view what, int status, TimeoutMessage message) {
  if (message == TimeoutMessage::printed)
    write_diagnostic(fmt::format("{}: {} within the time allowed\n", tool, what));
  return status;
}

}  // namespace ipcutils::cli
