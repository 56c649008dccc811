#include "command_line.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/program_options/cmdline.hpp>
#include <boost/program_options/errors.hpp>
#include <boost/program_options/options_description.hpp>
#include <boost/program_options/parsers.hpp>
#include <ipcutils/alternatives.hpp>
#include <ipcutils/quote.hpp>
#include <ipcutils/version.hpp>
#include <iterator>

#include "environment.hpp"
#include "output.hpp"

namespace ipcutils::cli {

namespace po = boost::program_options;

namespace {

// The grammar of one option: how many arguments it takes, and nothing else. Values are kept as text until all
// of the command line has been taken apart.
class ArgumentCount final : public po::value_semantic {
 public:
  explicit ArgumentCount(unsigned count) : m_count{count} {}

  std::string name() const override { return {}; }
  unsigned min_tokens() const override { return m_count; }
  unsigned max_tokens() const override { return m_count; }
  bool is_composing() const override { return true; }
  bool is_required() const override { return false; }
  void parse(boost::any&, const std::vector<std::string>&, bool) const override {}
  bool apply_default(boost::any&) const override { return false; }
  void notify(const boost::any&) const override {}

 private:
  unsigned m_count;
};

constexpr int style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;

// More than any tool has.
constexpr std::size_t most_options = 64;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool is_number(std::string_view token) {
  return token.size() > 1 && token[0] == '-' && token.find_first_not_of("0123456789:", 1) == token.npos;
}

std::string describe(const po::error_with_option_name& error) {
  const auto name = error.get_option_name();
  const auto token = quote(name.size() == 3 ? name.substr(1) : name);  // Boost says "--o" for "-o"
  if (const auto* syntax = dynamic_cast<const po::invalid_syntax*>(&error)) {
    if (syntax->kind() == po::invalid_syntax::missing_parameter ||
        syntax->kind() == po::invalid_syntax::empty_adjacent_parameter)
      return fmt::format("option {} requires an argument", token);
    if (syntax->kind() == po::invalid_syntax::extra_parameter)
      return fmt::format("option {} takes no argument", token);
  }
  return error.what();
}

std::vector<std::string_view> split(std::string_view names) {
  std::vector<std::string_view> parts;
  while (!names.empty()) {
    const auto length = std::min(names.find(','), names.size());
    parts.push_back(names.substr(0, length));
    names.remove_prefix(std::min(length + 1, names.size()));
  }
  return parts;
}

// What a name of excludes() or needs() is on the command line. COMMAND and operands are in capitals.
std::string spelled(std::string_view name) {
  return fmt::format("{}{}", name[0] >= 'A' && name[0] <= 'Z' ? "" : "--", name);
}

// A text such as "-1" was probably meant as an operand, which can follow "--" where no COMMAND does.
std::string unknown_option(std::string_view token, bool has_command) {
  const bool is_text = !is_letter(token[1]) && token[1] != '-';
  return fmt::format("unknown option {}{}", quote(token.substr(0, token.find('='))),
                     is_text && !has_command ? " (an operand that begins with '-' follows '--')" : "");
}

[[noreturn]] void refuse(std::string text, std::string_view reason) {
  if (!reason.empty()) text += fmt::format(": {}", reason);
  throw UsageError{text};
}

}  // namespace

CommandLine::Option& CommandLine::Option::excludes(std::string_view names, std::string_view reason) {
  m_exclusion = {names, reason};
  return *this;
}

CommandLine::Option& CommandLine::Option::needs(std::string_view names, std::string_view reason) {
  m_need = {names, reason};
  return *this;
}

CommandLine::Option& CommandLine::Option::only_once() {
  m_is_only_once = true;
  return *this;
}

CommandLine::CommandLine(Description description) : m_description{std::move(description)} {
  m_command_option.m_long_name = "COMMAND";
  m_options.reserve(most_options);
}

void CommandLine::add_standard_options() {
  const auto and_stop = [this](void (CommandLine::*print)() const) {
    return [this, print] {
      (this->*print)();
      throw NothingLeftToDo{};
    };
  };
  flag("help,h", "print this help and exit", and_stop(&CommandLine::print_help));
  flag("version,V", "print the version and exit", and_stop(&CommandLine::print_version));
}

CommandLine::Option& CommandLine::add(std::string_view names, std::string_view argument, Argument takes,
                                      std::string_view help, Option::Setter set) {
  auto& option = m_options.emplace_back();
  const auto comma = names.find(',');
  option.m_long_name = names.substr(0, comma);
  for (auto rest = names; rest.find(',') != rest.npos;) {
    rest.remove_prefix(rest.find(',') + 1);
    option.m_short_names += rest[0];
  }
  option.m_argument = argument;
  option.m_takes = takes;
  option.m_help = help;
  option.m_set = std::move(set);
  return option;
}

CommandLine::Option& CommandLine::command(std::vector<std::string>& target) {
  m_command = &target;
  return m_command_option;
}

// By its long name, or as Boost and command lines name a short option: "-m".
CommandLine::Option* CommandLine::find_option(std::string_view name) {
  const bool is_short = name.size() == 2 && name[0] == '-';
  for (auto& option : m_options)
    if (is_short ? option.m_short_names.find(name[1]) != std::string::npos : option.m_long_name == name)
      return &option;
  return nullptr;
}

// Boost knows an option by one short name: a further one is an option of its own to it.
void CommandLine::describe_options(po::options_description& grammar) const {
  for (const auto& option : m_options) {
    const auto describe = [&](const std::string& names) {
      grammar.add_options()(names.c_str(),
                            new ArgumentCount{option.m_takes == Argument::none ? 0u : 1u});  // Boost owns it
    };
    describe(std::string{option.m_long_name});
    for (const char name : option.m_short_names) describe(fmt::format(",{}", name));
  }
}

// Takes the first of the remaining tokens, and its value, if nothing has to be taken apart: it is an operand,
// or all of an option.
std::optional<CommandLine::Item> CommandLine::take_whole(std::vector<std::string>& rest) {
  const std::string_view token = rest.front();
  const auto take = [&] {
    auto first = std::move(rest.front());
    rest.erase(rest.begin());
    return first;
  };
  if (!token.starts_with('-') || token == "-") return Item{Item::Kind::operand, nullptr, take()};
  if (m_description.numbers_are_operands && is_number(token))
    return Item{Item::Kind::operand, nullptr, take()};
  auto* const option = find_option(token.starts_with("--") ? token.substr(2) : token);
  if (option == nullptr) return std::nullopt;
  if (option->m_takes != Argument::required) {
    take();
    return Item{Item::Kind::option, option, std::nullopt};
  }
  if (rest.size() < 2) return std::nullopt;
  take();
  return Item{Item::Kind::option, option, take()};
}

// Has Boost take tokens apart: "-xm600", "--mode=600".
std::vector<CommandLine::Item> CommandLine::take_apart(const std::vector<std::string>& rest) {
  po::options_description grammar;
  describe_options(grammar);
  const auto take_whole_for_boost = [this](std::vector<std::string>& tokens) -> std::vector<po::option> {
    const auto first = tokens.front();
    auto item = take_whole(tokens);
    if (!item) return {};
    po::option taken;
    if (item->option != nullptr) taken.string_key = item->option->m_long_name;
    if (item->option == nullptr) taken.position_key = 0;
    if (item->value) taken.value.push_back(std::move(*item->value));
    taken.original_tokens.push_back(first);
    return {taken};
  };
  std::vector<Item> items;
  try {
    const auto parsed = po::command_line_parser{rest}
                            .options(grammar)
                            .style(style)
                            .extra_style_parser(take_whole_for_boost)
                            .allow_unregistered()
                            .run();
    for (const auto& item : parsed.options) {
      auto* const option = find_option(item.string_key);
      if (item.string_key.empty())
        items.push_back({Item::Kind::operand, nullptr, item.value.at(0)});
      else if (option == nullptr)
        items.push_back({Item::Kind::unknown, nullptr, item.original_tokens.front()});
      else
        items.push_back(
            {Item::Kind::option, option, item.value.empty() ? std::nullopt : std::optional{item.value[0]}});
    }
  } catch (const po::error_with_option_name& error) {
    throw UsageError{describe(error)};
  }
  return items;
}

// Boost is needed only from the first token on that must be taken apart, and most command lines have none. It
// is slow to tell Boost of the options: each makes a string stream, and the first also a locale, which takes
// a thirtieth of a tool's whole run.
std::vector<CommandLine::Item> CommandLine::items_in(std::vector<std::string> tokens) {
  std::vector<Item> items;
  while (!tokens.empty()) {
    auto item = take_whole(tokens);
    if (!item) break;
    items.push_back(std::move(*item));
  }
  if (!tokens.empty()) std::ranges::move(take_apart(tokens), std::back_inserter(items));
  return items;
}

std::vector<std::string> CommandLine::parse(int argc, char** argv) {
  add_standard_options();
  std::vector<std::string> tokens{argv + 1, argv + argc};
  // Boost would swallow the first "--" and take the rest for options all the same.
  const auto end_of_options = std::find(tokens.begin(), tokens.end(), "--");
  std::vector<std::string> last_operands;
  if (end_of_options != tokens.end()) {
    auto& rest = m_command != nullptr ? *m_command : last_operands;
    rest.assign(end_of_options + 1, tokens.end());
    if (m_command != nullptr && rest.empty()) throw UsageError{"missing COMMAND after '--'"};
    m_command_option.m_is_given = m_command != nullptr;
  }
  tokens.erase(end_of_options, tokens.end());

  std::vector<std::string> operands;
  for (auto& [kind, option, value] : items_in(std::move(tokens))) {
    if (kind == Item::Kind::unknown) throw UsageError{unknown_option(*value, m_command != nullptr)};
    if (kind == Item::Kind::operand) {
      operands.push_back(std::move(*value));
      continue;
    }
    if (option->m_is_given && option->m_is_only_once)
      throw UsageError{fmt::format("{} is given twice", spelled(option->m_long_name))};
    option->m_is_given = true;
    option->m_set(value ? std::optional<std::string_view>{*value} : std::nullopt);
  }
  operands.insert(operands.end(), last_operands.begin(), last_operands.end());
  for (const auto& option : m_options)
    if (option.m_is_given) require_consistent(option, operands.size());
  if (m_command_option.m_is_given) {
    require_consistent(m_command_option, operands.size());
    Environment::current().require_process();
  }
  return operands;
}

bool CommandLine::is_given(std::string_view name, std::size_t operand_count) {
  if (const auto* option = find_option(name)) return option->m_is_given;
  if (name == m_command_option.m_long_name) return m_command_option.m_is_given;
  const auto operands = split(m_description.operands);
  const auto index = std::ranges::find(operands, name) - operands.begin();
  return static_cast<std::size_t>(index) < std::min(operands.size(), operand_count);
}

void CommandLine::require_consistent(const Option& option, std::size_t operand_count) {
  const auto is_one_given = [&](std::string_view name) { return is_given(name, operand_count); };
  const auto excluded = split(option.m_exclusion.names);
  if (const auto found = std::ranges::find_if(excluded, is_one_given); found != excluded.end())
    refuse(fmt::format("{} and {} exclude each other", spelled(option.m_long_name), spelled(*found)),
           option.m_exclusion.reason);
  const auto needed = split(option.m_need.names);
  if (needed.empty() || std::ranges::any_of(needed, is_one_given)) return;
  std::vector<std::string> ways(needed.size());
  std::ranges::transform(needed, ways.begin(), spelled);
  refuse(fmt::format("{} needs {}", spelled(option.m_long_name), alternatives(ways)), option.m_need.reason);
}

void CommandLine::print_help() const {
  auto lead = std::string_view{"Usage:"};
  for (const auto synopsis : m_description.synopses) {
    print("{} {} {}\n", lead, m_description.tool, synopsis);
    lead = "      ";
  }
  print("{}\n\nOptions:\n", m_description.summary);

  std::vector<std::string> names;
  std::size_t width = 0;
  for (const auto& option : m_options) {
    std::string text = "    ";
    if (!option.m_short_names.empty()) text = fmt::format("-{}, ", fmt::join(option.m_short_names, ", -"));
    text += fmt::format("--{}", option.m_long_name);
    if (!option.m_argument.empty())
      text += fmt::format(fmt::runtime(option.m_takes == Argument::optional ? "[={}]" : " {}"),
                          option.m_argument);
    width = std::max(width, text.size());
    names.push_back(std::move(text));
  }
  for (std::size_t i = 0; i < names.size(); ++i)
    print("  {:<{}}  {}\n", names[i], width, m_options[i].m_help);
  if (!m_description.notes.empty()) print("\n{}\n", m_description.notes);
  if (m_description.more_notes != nullptr) print("\n{}\n", m_description.more_notes());
  print("\nThe manual page {}(1) tells more.\n", m_description.tool);
}

void CommandLine::print_version() const { print("{} (ipcutils) {}\n", m_description.tool, IPCUTILS_VERSION); }

void require_operands(const std::vector<std::string>& operands, std::vector<std::string_view> names,
                      std::size_t minimum, std::size_t maximum) {
  if (operands.size() < minimum) throw UsageError{fmt::format("missing operand {}", names[operands.size()])};
  if (operands.size() > maximum)
    throw UsageError{fmt::format("unexpected operand {}", quote(operands[maximum]))};
}

}  // namespace ipcutils::cli
