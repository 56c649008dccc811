#include "command.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <ipcutils/file_descriptor.hpp>
#include <ipcutils/quote.hpp>
#include <optional>
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

// What posix_spawn(3) does in the new process before it executes the program.
class SpawnSettings {
 public:
  SpawnSettings() {
    ::posix_spawn_file_actions_init(&m_actions);
    ::posix_spawnattr_init(&m_attributes);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
  ~SpawnSettings() {
    ::posix_spawn_file_actions_destroy(&m_actions);
    ::posix_spawnattr_destroy(&m_attributes);
  }

  void give(int fd, int number) {
    if (fd != number) ::posix_spawn_file_actions_adddup2(&m_actions, fd, number);
  }
  void begin_session() { ::posix_spawnattr_setflags(&m_attributes, POSIX_SPAWN_SETSID); }
  // Whoever leads a session without one gets the first terminal that it opens; a free descriptor does.
  void open_terminal(const std::string& path) {
    constexpr int spare = 3;
    ::posix_spawn_file_actions_addopen(&m_actions, spare, path.c_str(), O_RDWR, 0);
    ::posix_spawn_file_actions_addclose(&m_actions, spare);
  }

  const posix_spawn_file_actions_t* actions() const { return &m_actions; }
  const posix_spawnattr_t* attributes() const { return &m_attributes; }

 private:
  posix_spawn_file_actions_t m_actions;
  posix_spawnattr_t m_attributes;
};

// A copy with a number above that of all streams; nothing for one that is none of ours.
std::optional<FileDescriptor> above(int fd, int number) {
  if (fd <= STDERR_FILENO) return std::nullopt;
  FileDescriptor copy{::fcntl(fd, F_DUPFD_CLOEXEC, number + 1)};
  if (!copy.is_open()) throw Error{errno, "cannot copy a descriptor"};
  return copy;
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

pid_t Command::start(const Streams& streams, const Surroundings& surroundings) {
  std::signal(SIGCHLD, SIG_DFL);  // where it was ignored, there would be no status to wait for
  SpawnSettings settings;
  if (surroundings.has_own_session) settings.begin_session();
  if (!surroundings.terminal.empty()) settings.open_terminal(surroundings.terminal);
  // The source of one must not be the target of another before.
  const auto target = std::max(streams.in_number, streams.out_number);
  const auto in = above(streams.in, target);
  const auto out = above(streams.out, target);
  settings.give(streams.err, STDERR_FILENO);
  settings.give(in ? in->get() : streams.in, streams.in_number);
  settings.give(out ? out->get() : streams.out, streams.out_number);
  pid_t process = 0;
  start_program(m_path, m_arguments, [&](const char* path, char** argv) {
    return ::posix_spawn(&process, path, settings.actions(), settings.attributes(), argv, environ);
  });
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
