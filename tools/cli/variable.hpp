// Variables of the shell that has the tool as a builtin.
#pragma once

#include <optional>
#include <string>

namespace ipcutils::cli {

class CommandLine;

// A variable that can be assigned to.
class Variable {
 public:
  // Throws UsageError if there is no shell, or if it does not let the variable be assigned to.
  explicit Variable(std::string name);

  // These throw Error: EILSEQ for a value with NUL, which no variable can hold; ENOMEM, …. Then the variable
  // keeps its value.
  void assign(const std::string& value) const;

  // Makes it an array without elements, and adds one to that.
  void clear() const;
  void append(const std::string& value) const;

 private:
  void require(const char* refusal) const;
  void require_text(const std::string& value) const;

  std::string m_name;
};

// Adds --into NAME.
void add_into_option(CommandLine& command_line, std::optional<Variable>& target,
                     std::string_view excluded = {});

}  // namespace ipcutils::cli
