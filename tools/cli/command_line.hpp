// The command line of a tool: its options, its help and its operands.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "usage_error.hpp"

namespace boost::program_options {
class options_description;
}

namespace ipcutils::cli {

// Thrown after --help and --version have been printed.
struct NothingLeftToDo {};

// Options in the manner of getopt_long(3): short and long, in any order with the operands, the last of
// several counts. Unlike there, abbreviations of long options are refused, an optional argument binds only
// with '=', and
// "-digits" can be an operand. Every tool has -h, --help, -V and --version by itself.
class CommandLine {
 public:
  struct Description {
    std::string_view tool;
    std::vector<std::string_view> synopses;  // what follows the tool's name: "[OPTION]... SHM [FILE]"
    std::string_view summary;                // a sentence or two
    std::string_view notes = {};             // what help says after the options
    std::string (*more_notes)() = nullptr;   // what it says after that, made when it is asked for
    bool numbers_are_operands = false;       // "-1" is an operand
  };

  explicit CommandLine(Description description);

  // Texts must outlive the command line. Names are the long one, then short ones if any: "mode,m". Setters
  // are called by parse(), in the order of the command line.
  CommandLine& flag(std::string_view names, std::string_view help, std::function<void()> set);
  CommandLine& flag(std::string_view names, std::string_view help, bool& target);
  CommandLine& option(std::string_view names, std::string_view argument, std::string_view help,
                      std::function<void(std::string_view)> set);
  CommandLine& option_with_optional_argument(std::string_view name, std::string_view argument,
                                             std::string_view help,
                                             std::function<void(std::optional<std::string_view>)> set);

  // The first "--" starts COMMAND, which `target` gets, instead of ending the options.
  CommandLine& command(std::vector<std::string>& target);

  // Calls the setters and returns the operands. Throws UsageError, or NothingLeftToDo.
  std::vector<std::string> parse(int argc, char** argv) const;

 private:
  struct Option {
    std::string_view long_name;
    std::string short_names;
    std::string_view argument;  // empty: none
    bool is_argument_optional = false;
    std::string_view help;
    std::function<void(std::optional<std::string_view>)> set;
  };

  CommandLine& add(std::string_view names, Option option);
  const Option* find_option(std::string_view name) const;
  void describe_options(boost::program_options::options_description& grammar) const;
  void print_help() const;
  void print_version() const;

  Description m_description;
  std::vector<Option> m_options;
  std::vector<std::string>* m_command = nullptr;
};

// Operands that must be at least `minimum` and at most `maximum`; otherwise a UsageError that says which is
// missing
// ("missing operand SHM") or too much.
void require_operands(const std::vector<std::string>& operands, std::vector<std::string_view> names,
                      std::size_t minimum, std::size_t maximum);

}  // namespace ipcutils::cli
