#include <sockcat/grammar.hpp>
#include <sockcat/lexer.hpp>
#include <string>

#include "property.hpp"

using namespace ipcutils;
using sockcat::AddressSpec;

namespace {

// A text that the lexer takes for these bytes and nothing else.
std::string hidden(const std::string& text) {
  std::string out;
  for (const char c : text) {
    constexpr std::string_view meanings{"\0\a\b\f\n\r\t\v", 8};
    const auto index = meanings.find(c);
    if (index != meanings.npos)
      out += {'\\', "0abfnrtv"[index]};
    else if (std::string_view{"0abfnrtv"}.find(c) != std::string_view::npos)
      out += c;
    else
      out += {'\\', c};
  }
  return out;
}

void check(const AddressSpec& spec) {
  const auto& keyword = *spec.keyword;
  const auto count = spec.parameters.size();
  require(count == keyword.parameter_count() || (count == 0 && !keyword.needs_parameters),
          "an address has the parameters that it takes");
  for (std::size_t i = 0; i < count; ++i)
    require(keyword.parameters[i] == sockcat::Parameter::text ||
                spec.parameters[i].find('\0') == std::string::npos,
            "no parameter contains a NUL");
  if (keyword.id == sockcat::Keyword::Id::exec)
    require(!sockcat::split_command(spec.parameters[0]).at(0).empty(), "a command names a program");
  for (const auto& [option, value] : spec.options) {
    require(option->fits(keyword), "an address has options that it takes");
    require(spec.find(option->id) != nullptr, "an option that was given is found");
  }
  std::string plain{keyword.name};
  for (const auto& parameter : spec.parameters) {
    plain += ':';
    plain += hidden(parameter);
  }
  if (plain.size() > sockcat::max_address_length) return;
  const auto again = parsed([&] { return sockcat::parse_end(plain); });
  require(again && again->read.keyword == &keyword && !again->write, "an address comes back from its name");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = text_of(data, size);
  if (const auto arguments = parsed([&] { return sockcat::split_command(text); })) {
    std::string command;
    for (const auto& argument : *arguments) {
      command += argument.empty() ? "''" : hidden(argument);
      command += ' ';
    }
    if (command.size() <= sockcat::max_address_length)
      require(sockcat::split_command(command) == *arguments, "a command comes back from its arguments");
  }
  const auto end = parsed([&] { return sockcat::parse_end(text); });
  if (!end) return 0;
  check(end->read);
  if (end->write) check(*end->write);
  return 0;
}
