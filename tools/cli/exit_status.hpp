// The exit statuses of every tool.
#pragma once

namespace ipcutils::cli {

enum ExitStatus {
  exit_success = 0,
  exit_failure = 1,
  exit_usage = 2,
  exit_timeout = 124,  // not within the time allowed
};

}  // namespace ipcutils::cli
