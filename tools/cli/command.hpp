// COMMAND: another program that a tool runs or becomes.
#pragma once

#include <sys/types.h>

#include <ipcutils/error.hpp>
#include <ipcutils/interruption.hpp>
#include <string>
#include <vector>

namespace ipcutils::cli {

// COMMAND cannot be executed (126) or is not found (127).
class CommandError : public Error {
 public:
  CommandError(int errnum, const std::string& program);
  int status() const noexcept { return m_status; }

 private:
  int m_status;
};

// A program and its arguments. Nothing goes through a shell, except that a file which is no program is given
// to /bin/sh, as execvp(3) does it.
class Command {
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
    int in = 0;
    int out = 1;
    int err = 2;
    int in_number = 0;
    int out_number = 1;
  };

  // Where it runs.
  struct Surroundings {
    bool has_own_session = false;  // setsid(2)
    std::string terminal = {};     // opened, so that it controls a session of its own; empty: none
  };

  // What the program is told that its name is; the first argument.
  void set_name(std::string name) { m_arguments[0] = std::move(name); }
  const std::string& name() const noexcept { return m_arguments[0]; }

  // Starts it, and returns its process, to be waited for by finish(). Throws CommandError.
  pid_t start(const Streams& streams, const Surroundings& surroundings);
  pid_t start(const Streams& streams) { return start(streams, Surroundings{}); }

  // Waits for its end. Signals of the interruption are passed on to it unless the terminal has sent them to
  // both, and forgotten by the interruption.
  Outcome finish(pid_t process, Interruption& interruption);

  // Both, with a descriptor as its standard input.
  Outcome run(int standard_input, Interruption& interruption) {
    return finish(start({.in = standard_input}), interruption);
  }

 private:
  std::vector<std::string> m_arguments;
  std::string m_path;
};

// The exit status of a tool that ends as its COMMAND did. Throws Signalled when COMMAND died of a signal that
// the tool has got as well.
int ended_like(const Command::Outcome& outcome);

}  // namespace ipcutils::cli
