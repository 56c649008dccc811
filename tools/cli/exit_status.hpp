// The exit statuses of every tool.
#pragma once

namespace ipcutils::cli {

enum ExitStatus {
  exit_success = 0,
  exit_failure = 1,
  exit_usage = 2,
  exit_timeout = 124,  // not within the time allowed
  // Of a tool with COMMAND; otherwise COMMAND's own.
  exit_own_failure = 125,  // a failure of the tool, or wrong usage
  exit_not_executable = 126,
  exit_not_found = 127,
  exit_signal = 128,  // and the number of the signal that COMMAND died of
};

}  // namespace ipcutils::cli
