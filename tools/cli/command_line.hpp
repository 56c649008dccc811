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
    std::string_view operands = {};          // their names for excludes() and needs(): "QUEUE,MESSAGE"
  };

  // What parse() checks of an option, or of COMMAND, beside the others. `names` are separated by commas: long
  // names of options, COMMAND, and those of Description::operands. A reason ends the message.
  class Option {
   public:
    // Given with any of them: "--this and --that exclude each other".
    Option& excludes(std::string_view names, std::string_view reason = {});

    // Given without all of them: "--this needs --that or --other".
    Option& needs(std::string_view names, std::string_view reason = {});

    // Given twice, the last one does not count: "--this is given twice".
    Option& only_once();

   private:
    friend CommandLine;
    enum class Argument { none, required, optional };
    using Setter = std::function<void(std::optional<std::string_view>)>;

    struct Rule {
      std::string_view names;
      std::string_view reason;
    };

    std::string_view m_long_name;
    std::string m_short_names;
    std::string_view m_argument;
    Argument m_takes = Argument::none;
    std::string_view m_help;
    Setter m_set;
    Rule m_exclusion;
    Rule m_need;
    bool m_is_given = false;
    bool m_is_only_once = false;
  };

  explicit CommandLine(Description description);

  // Texts must outlive the command line. Names are the long one, then short ones if any: "mode,m". Setters
  // are called by parse(), in the order of the command line. What is returned is valid until the next call.
  // A setter is kept as it is: one that refers to what it sets takes no memory of the heap, and a tool has
  // dozens.
  template <typename Set>
  Option& flag(std::string_view names, std::string_view help, Set set) {
    return add(names, {}, Argument::none, help, [set](auto) mutable { set(); });
  }
  Option& flag(std::string_view names, std::string_view help, bool& target) {
    return flag(names, help, [&target] { target = true; });
  }
  template <typename Set>
  Option& option(std::string_view names, std::string_view argument, std::string_view help, Set set) {
    return add(names, argument, Argument::required, help, [set](auto value) mutable { set(*value); });
  }
  template <typename Set>
  Option& option_with_optional_argument(std::string_view name, std::string_view argument,
                                        std::string_view help, Set set) {
    return add(name, argument, Argument::optional, help, [set](auto value) mutable { set(value); });
  }

  // The first "--" starts COMMAND, which `target` gets, instead of ending the options.
  Option& command(std::vector<std::string>& target);

  // An option that has been added, by its long name.
  Option& at(std::string_view long_name) { return *find_option(long_name); }

  // Calls the setters and returns the operands. Throws UsageError, or NothingLeftToDo, or NeedsProcess for a
  // COMMAND.
  std::vector<std::string> parse(int argc, char** argv);

 private:
  using Argument = Option::Argument;
  Option& add(std::string_view names, std::string_view argument, Argument takes, std::string_view help,
              Option::Setter set);
  void add_standard_options();
  Option* find_option(std::string_view name);

  // What the command line has, in its order.
  struct Item {
    enum class Kind { option, operand, unknown };
    Kind kind;
    Option* option;
    std::optional<std::string> value;  // an argument, the operand, or the token that is no option
  };
  std::optional<Item> take_whole(std::vector<std::string>& rest);
  std::vector<Item> take_apart(const std::vector<std::string>& rest);
  std::vector<Item> items_in(std::vector<std::string> tokens);

  bool is_given(std::string_view name, std::size_t operand_count);
  void require_consistent(const Option& option, std::size_t operand_count);
  void describe_options(boost::program_options::options_description& grammar) const;
  void print_help() const;
  void print_version() const;

  Description m_description;
  std::vector<Option> m_options;
  std::vector<std::string>* m_command = nullptr;
  Option m_command_option;  // what is declared of COMMAND
};

// Operands that must be at least `minimum` and at most `maximum`; otherwise a UsageError that says which is
// missing
// ("missing operand SHM") or too much.
void require_operands(const std::vector<std::string>& operands, std::vector<std::string_view> names,
                      std::size_t minimum, std::size_t maximum);

}  // namespace ipcutils::cli
