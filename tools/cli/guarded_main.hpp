// The frame of every tool's main: nothing else catches, reports or flushes.
#pragma once

#include <functional>
#include <ipcutils/error.hpp>
#include <string_view>

#include "environment.hpp"
#include "exit_status.hpp"
#include "usage_error.hpp"

namespace ipcutils::cli {

// What a tool exits with when it fails by itself.
struct FailureStatus {
  int failure = exit_failure;
  int usage = exit_usage;
};

// Calls `work` and returns the exit status of the tool: its result, or what fits the exception that it
// throws, which is reported on standard error. Standard output is flushed and checked; if its reader has
// gone, the process ends as SIGPIPE would end it. Meanwhile standard input, output and error are made sure to
// be descriptors, so that no file opened later takes the place of one that was closed.
//
// In a shell, a signal that would have ended the process unwinds `work` instead (Cancellation).
int guard(std::string_view tool, FailureStatus status, const std::function<int()>& work);

// The statuses of a tool with COMMAND, if the command line has one: after a "--".
FailureStatus failure_status_with_command(int argc, char** argv);

// The main of a tool: `parse` makes its options of argc and argv, `run` takes them and returns the exit
// status. An Error that parse throws is wrong usage. `given` is what the entry got.
template <typename Parse, typename Run>
int guarded_main(ipcutils_environment* given, std::string_view tool, int argc, char** argv, Parse parse,
                 Run run, FailureStatus status = {}) {
  const Environment environment{*given};
  const auto parse_checked = [&] {
    try {
      return parse(argc, argv);
    } catch (const Error& error) {
      throw UsageError{error};
    }
  };
  return guard(tool, status, [&] { return run(parse_checked()); });
}

// Tells of a failure that does not end the tool: "shmput: cannot open …: No such file or directory", and the
// hint.
void report(std::string_view tool, const Error& error);

// Calls `work` for each item and returns the exit status: a failure is reported, and the rest goes on. Only a
// reader of standard output that has gone ends it at once.
template <typename Items, typename Work>
int for_each(std::string_view tool, const Items& items, Work work) {
  int status = exit_success;
  for (const auto& item : items) {
    try {
      work(item);
    } catch (const Error& error) {
      if (error.code() == std::errc::broken_pipe) throw;
      report(tool, error);
      status = exit_failure;
    }
  }
  return status;
}

}  // namespace ipcutils::cli
