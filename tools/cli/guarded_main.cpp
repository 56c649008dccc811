#include "guarded_main.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <ipcutils/cancellation.hpp>
#include <ipcutils/file_descriptor.hpp>
#include <ipcutils/signals.hpp>
#include <new>

#include "command_line.hpp"
#include "command_status.hpp"
#include "diagnostic.hpp"
#include "exit_status.hpp"
#include "output.hpp"
#include "signalled.hpp"

namespace ipcutils::cli {

void report(std::string_view tool, const Error& error) {
  auto text = fmt::format("{}: {}\n", tool, error.what());
  if (!error.hint().empty()) text += fmt::format("{}: hint: {}\n", tool, error.hint());
  write_diagnostic(text);
}

FailureStatus failure_status_with_command(int argc, char** argv) {
  const auto has_command =
      std::any_of(argv, argv + argc, [](std::string_view token) { return token == "--"; });
  return has_command ? FailureStatus{exit_own_failure, exit_own_failure} : FailureStatus{};
}

namespace {

// The C++ run-time sets memory aside at the start, by which exceptions can be thrown when there is none.
// Where it got none, throwing would abort; then so much cannot be had now, either. Else it fits in what the
// heap has left, which takes no system call.
constexpr std::size_t memory_for_exceptions = 48 * 1024;
bool can_throw() {
  static bool is_known = false;
  if (is_known) return true;
  void* volatile memory = std::malloc(memory_for_exceptions);
  std::free(memory);
  return is_known = memory != nullptr;
}

int guard_unless_memory_lacks(std::string_view tool, FailureStatus status, const std::function<int()>& work) {
  try {
    int result = exit_success;
    try {
      result = work();
    } catch (const NothingLeftToDo&) {
    }
    finish_output();
    return result;
  } catch (const UsageError& error) {
    write_diagnostic(fmt::format("{0}: {1}\nTry '{0} --help' for more information.\n", tool, error.what()));
    return status.usage;
  } catch (const Signalled& signalled) {
    return Environment::current().end_by_signal(signalled.signal);
  } catch (const Cancelled& cancelled) {
    return Environment::current().end_by_signal(cancelled.signal);
  } catch (const NeedsProcess&) {
    return Environment::current().ask_for_process();
  } catch (const CommandError& error) {
    report(tool, error);
    return status_of(error);
  } catch (const Error& error) {
    if (error.code() == std::errc::broken_pipe) return Environment::current().end_by_signal(SIGPIPE);
    report(tool, error);
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    write_diagnostic(fmt::format("{}: {}\n", tool, error.what()));
  }
  return status.failure;
}

int guard_against_lack_of_memory(std::string_view tool, FailureStatus status,
                                 const std::function<int()>& work) {
  try {
    if (can_throw()) return guard_unless_memory_lacks(tool, status, work);
  } catch (const std::bad_alloc&) {  // perhaps of a report
  }
  write_diagnostic(tool);
  write_diagnostic(": out of memory\n");
  return status.failure;
}

// A signal that somebody has noted and not acted upon is the shell's.
int guard_in_shell(std::string_view tool, FailureStatus status, const std::function<int()>& work) {
  const Cancellation cancellation{fatal_signals, {SIGPIPE, SIGXFSZ}};
  const int result = guard_against_lack_of_memory(tool, status, work);
  if (cancellation.signal() != 0) Environment::current().end_by_signal(cancellation.signal());
  return result;
}

}  // namespace

int guard(std::string_view tool, FailureStatus status, const std::function<int()>& work) {
  const StandardDescriptors all_are_open;
  if (!Environment::current().is_process()) return guard_in_shell(tool, status, work);
  const SignalIsError too_large_file_is_error{SIGXFSZ};
  return guard_against_lack_of_memory(tool, status, work);
}

}  // namespace ipcutils::cli
