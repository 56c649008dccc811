// Another program that a process starts or becomes.
#pragma once

#include <ipcutils/child.hpp>
#include <ipcutils/error.hpp>
#include <ipcutils/export.hpp>
#include <ipcutils/interruption.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace ipcutils {

// A program cannot be executed, or is not found.
class IPCUTILS_EXPORT CommandError : public Error {
 public:
  CommandError(int errnum, const std::string& program);
  bool is_missing() const noexcept { return m_is_missing; }

 private:
  bool m_is_missing;
};

// A program and its arguments. Nothing goes through a shell, except that a file which is no program is given
// to /bin/sh, as execvp(3) does it. Manual pages: posix_spawn(3), execve(2).
class IPCUTILS_EXPORT Command {
 public:
  // Looks for the program in $PATH. Throws CommandError.
  explicit Command(std::vector<std::string> arguments);

  // Executes it in place of this process. Throws CommandError.
  [[noreturn]] void execute();

  struct Outcome {
    int status;     // as a shell has it: 128 and the signal that it died of
    int passed_on;  // the last signal that came meanwhile; 0: none
  };

  // Descriptors of ours, and under which numbers it gets them.
  struct Streams {
    int input = 0;
    int output = 1;
    int error = 2;
    int input_number = 0;
    int output_number = 1;
  };

  // Where it runs.
  struct Session {
    bool is_own = false;        // setsid(2)
    std::string terminal = {};  // opened, so that it controls a session of its own; empty: none
  };

  // What the program is told that its name is; the first argument.
  void set_name(std::string name) { m_arguments[0] = std::move(name); }
  const std::string& name() const noexcept { return m_arguments[0]; }

  // What start() gives it in its environment, in the place of a variable of that name. `value` ends at its
  // first NUL.
  void set_variable(std::string_view name, std::string_view value);
  void unset_variable(std::string_view name);  // it gets none of that name

  // Starts it, with the signal mask of before any Interruption. Throws CommandError.
  Child start(const Streams& streams, const Session& session);
  Child start(const Streams& streams) { return start(streams, Session{}); }

  // Waits for its end. Signals of the interruption are passed on to it unless the terminal has sent them to
  // both, and forgotten by the interruption.
  static Outcome finish(Child& child, Interruption& interruption);

  // The same, and ends it if it takes longer: by SIGTERM, and later by SIGKILL.
  struct Patience {
    Duration before_term;
    Duration before_kill;  // after SIGTERM
  };
  static Outcome finish_within(Child& child, Interruption& interruption, const Patience& patience);

  // Both, with a descriptor as its standard input.
  Outcome run(int standard_input, Interruption& interruption) {
    auto child = start({.input = standard_input});
    return finish(child, interruption);
  }

 private:
  std::vector<std::string> m_arguments;
  std::vector<std::string> m_variables;  // NAME=VALUE, or NAME for one that is unset
  std::string m_path;
};

}  // namespace ipcutils
