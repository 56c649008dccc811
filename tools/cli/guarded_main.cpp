#include "guarded_main.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <new>

#include "command.hpp"
#include "command_line.hpp"
#include "diagnostic.hpp"
#include "exit_status.hpp"
#include "fatal_signal.hpp"
#include "output.hpp"

namespace ipcutils::cli {

namespace {

// A descriptor that is closed is opened the wrong way round, so that its use fails (EBADF) as it would have.
void open_standard_descriptors() {
  for (int fd = 0; fd <= 2; ++fd)
    if (::fcntl(fd, F_GETFD) == -1) ::open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
}

}  // namespace

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

int guard(std::string_view tool, FailureStatus status, const std::function<int()>& work) {
  open_standard_descriptors();
  try {
    int result = exit_success;
    try {
      result = work();
    } catch (const NothingLeftToDo&) {
    }
    flush_output();
    return result;
  } catch (const UsageError& error) {
    write_diagnostic(fmt::format("{0}: {1}\nTry '{0} --help' for more information.\n", tool, error.what()));
    return status.usage;
  } catch (const Signalled& signalled) {
    die_of_signal(signalled.signal);
  } catch (const CommandError& error) {
    report(tool, error);
    return error.status();
  } catch (const Error& error) {
    if (error.code() == std::errc::broken_pipe) die_of_signal(SIGPIPE);
    report(tool, error);
  } catch (const std::bad_alloc&) {
    write_diagnostic("out of memory\n");
  } catch (const std::exception& error) {
    write_diagnostic(fmt::format("{}: {}\n", tool, error.what()));
  }
  return status.failure;
}

}  // namespace ipcutils::cli
