#include "guarded_main.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <new>

#include "command_line.hpp"
#include "diagnostic.hpp"
#include "exit_status.hpp"
#include "output.hpp"

namespace ipcutils::cli {

namespace {

// A descriptor that is closed is opened the wrong way round, so that its use fails (EBADF) as it would have.
void open_standard_descriptors() {
  for (int fd = 0; fd <= 2; ++fd)
    if (::fcntl(fd, F_GETFD) == -1) ::open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
}

[[noreturn]] void die_of_sigpipe() {
  std::signal(SIGPIPE, SIG_DFL);
  sigset_t pipe;
  ::sigemptyset(&pipe);
  ::sigaddset(&pipe, SIGPIPE);
  ::sigprocmask(SIG_UNBLOCK, &pipe, nullptr);
  std::raise(SIGPIPE);
  ::_exit(exit_failure);
}

}  // namespace

void report(std::string_view tool, const Error& error) {
  auto text = fmt::format("{}: {}\n", tool, error.what());
  if (!error.hint().empty()) text += fmt::format("{}: hint: {}\n", tool, error.hint());
  write_diagnostic(text);
}

int guard(std::string_view tool, const std::function<int()>& work) {
  open_standard_descriptors();
  try {
    int status = exit_success;
    try {
      status = work();
    } catch (const NothingLeftToDo&) {
    }
    flush_output();
    return status;
  } catch (const UsageError& error) {
    write_diagnostic(fmt::format("{0}: {1}\nTry '{0} --help' for more information.\n", tool, error.what()));
    return exit_usage;
  } catch (const Error& error) {
    if (error.code() == std::errc::broken_pipe) die_of_sigpipe();
    report(tool, error);
  } catch (const std::bad_alloc&) {
    write_diagnostic("out of memory\n");
  } catch (const std::exception& error) {
    write_diagnostic(fmt::format("{}: {}\n", tool, error.what()));
  }
  return exit_failure;
}

}  // namespace ipcutils::cli
