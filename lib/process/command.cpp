#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <ipcutils/command.hpp>
#include <ipcutils/file_descriptor.hpp>
#include <ipcutils/quote.hpp>
#include <optional>
#include <string_view>

#include "../core/failure.hpp"
#include "../core/signal_mask.hpp"

namespace ipcutils {

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

std::string_view name_in(std::string_view variable) { return variable.substr(0, variable.find('=')); }

// Our own environment, but for what `variables` replace ("NAME=VALUE") or leave out ("NAME").
std::vector<char*> environment_with(std::vector<std::string>& variables) {
  std::vector<char*> pointers;
  for (auto& variable : variables)
    if (variable.find('=') != variable.npos) pointers.push_back(variable.data());
  for (char** own = environ; own != nullptr && *own != nullptr; ++own)
    if (std::ranges::none_of(variables, [&](const auto& given) { return name_in(given) == name_in(*own); }))
      pointers.push_back(*own);
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
    // That of now: Child::started_by() blocks signals.
    sigset_t now;
    ::pthread_sigmask(SIG_BLOCK, nullptr, &now);
    const auto* const outside = mask_for_programs();
    ::posix_spawnattr_setsigmask(&m_attributes, outside != nullptr ? outside : &now);
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
  void begin_session() { m_flags |= POSIX_SPAWN_SETSID; }
  // Whoever leads a session without one gets the first terminal that it opens; a free descriptor does.
  void open_terminal(const std::string& path) {
    constexpr int spare = 3;
    ::posix_spawn_file_actions_addopen(&m_actions, spare, path.c_str(), O_RDWR, 0);
    ::posix_spawn_file_actions_addclose(&m_actions, spare);
  }

  const posix_spawn_file_actions_t* actions() const { return &m_actions; }
  const posix_spawnattr_t* attributes() {
    ::posix_spawnattr_setflags(&m_attributes, static_cast<short>(m_flags));
    return &m_attributes;
  }

 private:
  int m_flags = POSIX_SPAWN_SETSIGMASK;
  posix_spawn_file_actions_t m_actions;
  posix_spawnattr_t m_attributes;
};

// A copy with a number above that of all streams; nothing for one that is none of ours.
std::optional<FileDescriptor> above(int fd, int number) {
  if (fd <= STDERR_FILENO) return std::nullopt;
  FileDescriptor copy{::fcntl(fd, F_DUPFD_CLOEXEC, number + 1)};
  if (!copy.is_open()) fail(errno, "cannot copy a descriptor");
  return copy;
}

// Where SIGCHLD is ignored, there would be no status to wait for.
void heed_children() {
  struct sigaction action {};
  ::sigaction(SIGCHLD, nullptr, &action);
  if (action.sa_handler == SIG_IGN) std::signal(SIGCHLD, SIG_DFL);
}

// Passes on what has come. Not what the terminal has sent to both.
void pass_on(const Child& child, Interruption& interruption, Command::Outcome& outcome) {
  outcome.passed_on = interruption.signal();
  const bool went_to_both = interruption.is_from_terminal() && ::getpgid(child.pid()) == ::getpgrp();
  interruption.reset();
  if (!went_to_both) child.send(outcome.passed_on);
}

// False when `deadline` has passed before it has ended.
bool finish_until(Child& child, Interruption& interruption, const Deadline& deadline,
                  Command::Outcome& outcome) {
  for (;;) {
    if (const auto status = child.wait(deadline.interrupted_by(interruption))) {
      outcome.status = *status;
      return true;
    }
    if (interruption.has_come())
      pass_on(child, interruption, outcome);
    else if (deadline.has_passed())
      return false;
  }
}

}  // namespace

CommandError::CommandError(int errnum, const std::string& program)
    : Error{errnum, fmt::format("cannot run {}", quote(program))},
      m_is_missing{errnum == ENOENT || errnum == ENOTDIR} {}

Command::Command(std::vector<std::string> arguments)
    : m_arguments{std::move(arguments)}, m_path{find_program(m_arguments.at(0))} {}

void Command::set_variable(std::string_view name, std::string_view value) {
  std::erase_if(m_variables, [&](const auto& given) { return name_in(given) == name; });
  m_variables.push_back(fmt::format("{}={}", name, value.substr(0, value.find('\0'))));
}

void Command::execute() {
  if (const auto* mask = mask_for_programs()) ::sigprocmask(SIG_SETMASK, mask, nullptr);
  start_program(m_path, m_arguments, [](const char* path, char** argv) {
    ::execv(path, argv);
    return errno;
  });
  std::abort();  // start_program() has thrown
}

void Command::unset_variable(std::string_view name) {
  std::erase_if(m_variables, [&](const auto& given) { return name_in(given) == name; });
  m_variables.emplace_back(name);
}

Child Command::start(const Streams& streams, const Session& session) {
  heed_children();
  SpawnSettings settings;
  if (session.is_own) settings.begin_session();
  if (!session.terminal.empty()) settings.open_terminal(session.terminal);
  // The source of one must not be the target of another before.
  const auto target = std::max(streams.input_number, streams.output_number);
  const auto input = above(streams.input, target);
  const auto output = above(streams.output, target);
  settings.give(streams.error, STDERR_FILENO);
  settings.give(input ? input->get() : streams.input, streams.input_number);
  settings.give(output ? output->get() : streams.output, streams.output_number);
  auto environment = environment_with(m_variables);
  return Child::started_by([&] {
    pid_t process = 0;
    start_program(m_path, m_arguments, [&](const char* path, char** argv) {
      return ::posix_spawn(&process, path, settings.actions(), settings.attributes(), argv,
                           environment.data());
    });
    return process;
  });
}

Command::Outcome Command::finish(Child& child, Interruption& interruption) {
  Outcome outcome{};
  finish_until(child, interruption, Deadline::never(), outcome);
  return outcome;
}

Command::Outcome Command::finish_within(Child& child, Interruption& interruption, const Patience& patience) {
  Outcome outcome{};
  if (finish_until(child, interruption, Deadline::after(patience.before_term), outcome)) return outcome;
  child.send(SIGTERM);
  if (finish_until(child, interruption, Deadline::after(patience.before_kill), outcome)) return outcome;
  child.send(SIGKILL);
  finish_until(child, interruption, Deadline::never(), outcome);
  return outcome;
}

}  // namespace ipcutils
