// Where a tool runs: in a process of its own, or in a shell that has it as a builtin.
#pragma once

#include <sys/types.h>

#include <map>
#include <optional>
#include <string>

#include "../environment.h"
#include "variable.hpp"

namespace ipcutils::cli {

// Thrown where a tool in a shell would start a program, fork, or hold something until its process ends.
struct NeedsProcess {};

// What becomes of the output.
enum class Shape {
  text,     // one value: all but the newline at its end
  exact,    // one value: all of it
  lines,    // an array: a value for each line
  records,  // an array: a value for each record that ends in NUL
};

struct Destination {
  Variable variable;
  Shape shape;
};

// Names of users and groups that have been looked up (account.hpp).
struct KnownAccounts {
  std::map<uid_t, std::string> users;
  std::map<gid_t, std::string> groups;
};

// What a call of a tool has of the process it runs in. One for each call.
class Environment {
 public:
  explicit Environment(ipcutils_environment& given) noexcept;
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;
  ~Environment();

  // That of the call that is going on; a process of its own if there is none.
  static Environment& current() noexcept;

  bool is_process() const noexcept { return m_given.variables == nullptr; }

  // The variables of the shell; not in a process of its own.
  const ipcutils_variables& variables() const noexcept { return *m_given.variables; }

  // To be called before anything is done for which the process must be the tool's own.
  void require_process() const;

  // The tool is to be called again in a process of its own.
  int ask_for_process() noexcept;

  // Ends the process as the signal does. In a shell, which decides itself what the signal does to it, returns
  // the exit status.
  int end_by_signal(int signal) noexcept;

  // What is to be written to standard output, or to a variable instead (output.hpp).
  std::string& output() noexcept { return m_output; }
  std::optional<Destination>& destination() noexcept { return m_destination; }

  KnownAccounts& accounts() noexcept { return m_accounts; }

 private:
  ipcutils_environment& m_given;
  Environment* m_outer;
  std::string m_output;
  std::optional<Destination> m_destination;
  KnownAccounts m_accounts;
};

}  // namespace ipcutils::cli
