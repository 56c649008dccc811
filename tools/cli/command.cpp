#include "command.hpp"

#include <fmt/format.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <ipcutils/quote.hpp>
#include <string_view>

#include "exit_status.hpp"
#include "fatal_signal.hpp"

namespace ipcutils::cli {

namespace {

// 0, or why the file cannot be executed.
int refusal(const std::string& path) {
  struct stat status;
  if (::stat(path.c_str(), &status) != 0) return errno;
  if (!S_ISREG(status.st_mode)) return EACCES;
  return ::access(path.c_str(), X_OK) == 0 ? 0 : errno;
}

// The file that execvp(3) would execute.
std::string find_program(const std::string& program) {
  int reason = ENOENT;
  const auto is_it = [&](const std::string& path) {
    const int errnum = refusal(path);
    if (errnum != 0 && errnum != ENOENT && errnum != ENOTDIR) reason = errnum;
    return errnum == 0;
  };
  if (program.find('/') != program.npos) {
    if (is_it(program)) return program;
    throw CommandError{reason, program};
  }
  const char* const path = std::getenv("PATH");
  std::string_view rest = path != nullptr ? path : "/bin:/usr/bin";
  while (!program.empty()) {
    const auto colon = rest.find(':');
    const auto folder = rest.substr(0, colon);
    const auto candidate = fmt::format("{}/{}", folder.empty() ? "." : folder, program);
    if (is_it(candidate)) return candidate;
    if (colon == rest.npos) break;
    rest.remove_prefix(colon + 1);
  }
  throw CommandError{reason, program};
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (auto& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// Calls `start(path, argv)`, which returns errno, and once more with a shell for a file that is no program.
template <typename Start>
void start_program(const std::string& path, std::vector<std::string> arguments, Start start) {
  int errnum = start(path.c_str(), pointers_to(arguments).data());
  if (errnum == ENOEXEC) {
    arguments[0] = path;
    arguments.insert(arguments.begin(), "/bin/sh");
    errnum = start("/bin/sh", pointers_to(arguments).data());
  }
  if (errnum != 0) throw CommandError{errnum, path};
}

int exit_status_of(int status) {
  return WIFSIGNALED(status) ? exit_signal + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

CommandError::CommandError(int errnum, const std::string& program)
    : Error{errnum, fmt::format("cannot run {}", quote(program))},
      m_status{errnum == ENOENT || errnum == ENOTDIR ? exit_not_found : exit_not_executable} {}

Command::Command(std::vector<std::string> arguments)
    : m_arguments{std::move(arguments)}, m_path{find_program(m_arguments.at(0))} {}

void Command::execute() {
  start_program(m_path, m_arguments, [](const char* path, char** argv) {
    ::execv(path, argv);
    return errno;
  });
  std::abort();  // start_program() has thrown
}

pid_t Command::start(const Streams& streams) {
  std::signal(SIGCHLD, SIG_DFL);  // where it was ignored, there would be no status to wait for
  pid_t process = 0;
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  if (streams.in != STDIN_FILENO) ::posix_spawn_file_actions_adddup2(&actions, streams.in, STDIN_FILENO);
  if (streams.out != STDOUT_FILENO) ::posix_spawn_file_actions_adddup2(&actions, streams.out, STDOUT_FILENO);
  try {
    start_program(m_path, m_arguments, [&](const char* path, char** argv) {
      return ::posix_spawn(&process, path, &actions, nullptr, argv, environ);
    });
  } catch (...) {
    ::posix_spawn_file_actions_destroy(&actions);
    throw;
  }
  ::posix_spawn_file_actions_destroy(&actions);
  return process;
}

Command::Outcome Command::finish(pid_t process, Interruption& interruption) {
  Outcome outcome{};
  int status = 0;
  while (::waitpid(process, &status, 0) == -1) {
    if (errno != EINTR) throw Error{errno, fmt::format("cannot wait for {}", quote(m_path))};
    if (!interruption.has_come()) continue;
    outcome.passed_on = interruption.signal();
    const bool went_to_both = interruption.is_from_terminal() && ::getpgid(process) == ::getpgrp();
    interruption.reset();
    if (!went_to_both) ::kill(process, outcome.passed_on);
  }
  outcome.status = exit_status_of(status);
  return outcome;
}

int ended_like(const Command::Outcome& outcome) {
  if (outcome.passed_on != 0 && outcome.status == exit_signal + outcome.passed_on)
    throw Signalled{outcome.passed_on};
  return outcome.status;
}

}  // namespace ipcutils::cli
