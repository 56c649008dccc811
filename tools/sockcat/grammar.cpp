#include "grammar.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ipcutils/error.hpp>
#include <ipcutils/number.hpp>
#include <ipcutils/socket_address.hpp>

#include "address_hint.hpp"
#include "foreign_words.hpp"
#include "lexer.hpp"
#include "option_rules.hpp"
#include "spelling.hpp"
#include "values.hpp"

namespace ipcutils::sockcat {

namespace {

constexpr std::string_view other_end = "!!";

[[noreturn]] void refuse(std::string_view noun, std::string_view text, std::string reason,
                         std::string hint = {}) {
  throw Error::invalid(fmt::format("invalid {} {}", noun, shown(text)), std::move(reason), std::move(hint));
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

void check_parameter(const Keyword& keyword, Parameter parameter, const std::string& text) {
  if (parameter == Parameter::text) return;
  const auto noun = parameter_name(parameter);
  if (text.empty()) refuse("address", keyword.synopsis(), fmt::format("{} is empty", noun));
  if (text.find('\0') != text.npos) refuse(noun, text, "it contains a NUL");
  if (parameter == Parameter::descriptor) parse_number(text, noun, 0, 2147483647);
  if (parameter == Parameter::port && is_digit(text[0])) parse_number(text, noun, 0, 65535);
  if (parameter == Parameter::command && (split_command(text).empty() || split_command(text)[0].empty()))
    refuse(noun, text, "no program is named");
}

void check_parameters(AddressSpec& spec) {
  const auto& keyword = *spec.keyword;
  const auto given = spec.parameters.size();
  const auto wanted = keyword.parameter_count();
  if (given > wanted)
    refuse("address", keyword.name,
           fmt::format("it is written {}, and {} is too much", keyword.synopsis(),
                       shown(spec.parameters[wanted])),
           surplus_parameter_hint(spec));
  if (given < wanted && (keyword.needs_parameters || given > 0))
    refuse("address", keyword.name, fmt::format("{} is missing", parameter_name(keyword.parameters[given])),
           fmt::format("it is written {}", keyword.synopsis()));
  for (std::size_t i = 0; i < given; ++i) {
    auto& text = spec.parameters[i];
    const auto parameter = keyword.parameters[i];
    if (parameter == Parameter::host || parameter == Parameter::group) text = without_brackets(text);
    check_parameter(keyword, parameter, text);
  }
}

// The keyword, and the parameter that an abbreviation already is.
AddressSpec take_keyword(Lexer& lexer) {
  const auto word = lexer.take_until({":", ",", other_end});
  if (word.find('/') != word.npos) return {&keyword("gopen"), {word}, {}};
  if (word.size() == 1 && is_digit(word[0])) return {&keyword("fd"), {word}, {}};
  if (const auto* found = find_keyword(word)) return {found, {}, {}};
  if (is_foreign_keyword(word))
    refuse("address", word, "it is an address of socat that sockcat does not have");
  const auto parameter = lexer.skip(":") ? lexer.take_until({":", ",", other_end}) : std::string{};
  const auto hint = unknown_keyword_hint(word, parameter);
  if (word.empty()) throw Error::invalid("invalid address", "its keyword is missing", hint);
  refuse("address", word, "there is no such keyword", hint);
}

void add_option(AddressSpec& spec, Lexer& lexer) {
  const auto name = lexer.take_until({"=", ",", other_end});
  const bool has_text = lexer.skip("=");
  const auto text = has_text ? lexer.take_until({",", other_end}) : std::string{};
  if (name.empty() && !has_text) return;
  const auto* option = find_option(name);
  if (option == nullptr && is_foreign_option(name))
    refuse("option", name, "it is an option of socat that sockcat does not have");
  if (option == nullptr)
    refuse("option", name, "there is no such option", spelling_hint(name, option_spellings(*spec.keyword)));
  if (!option->fits(*spec.keyword))
    refuse("option", name, fmt::format("{} does not take it", spec.keyword->name));
  spec.options.push_back({option, has_text ? parse_value(*option, text) : value_without_text(*option)});
}

// The quotes within a command belong to its arguments. Where quotes stand around all of it, they are the
// address's own.
std::string take_parameter(const AddressSpec& spec, Lexer& lexer) {
  const auto position = spec.parameters.size();
  const bool is_command =
      position < spec.keyword->parameters.size() && spec.keyword->parameters[position] == Parameter::command;
  const bool keeps_quotes = is_command && !lexer.is_at_quote();
  return lexer.take_until({":", ",", other_end}, keeps_quotes ? Quotes::kept : Quotes::dropped);
}

AddressSpec take_address(Lexer& lexer) {
  auto spec = take_keyword(lexer);
  while (lexer.skip(":")) spec.parameters.push_back(take_parameter(spec, lexer));
  check_parameters(spec);
  while (lexer.skip(",")) add_option(spec, lexer);
  require_effective_options(spec);
  return spec;
}

}  // namespace

const OptionValue* AddressSpec::find(Option::Id id) const {
  const auto found = std::find_if(options.rbegin(), options.rend(),
                                  [id](const OptionValue& value) { return value.option->id == id; });
  return found == options.rend() ? nullptr : &*found;
}

bool AddressSpec::has(Option::Id id) const {
  const auto* found = find(id);
  return found != nullptr && found->value != Value{false};
}

EndSpec parse_end(std::string_view text) {
  Lexer lexer{text};
  EndSpec end{take_address(lexer)};
  if (lexer.skip(other_end)) end.write = take_address(lexer);
  if (!lexer.is_at_end()) refuse("address", text, "it has more than two parts with '!!' between them");
  return end;
}

}  // namespace ipcutils::sockcat
