#include "cli/command_line.hpp"

#include <string>
#include <vector>

#include "catch.hpp"

using namespace ipcutils;
using cli::CommandLine;
using Words = std::vector<std::string>;

namespace {

struct Given {
  bool first = false;
  bool second = false;
  bool third = false;
  std::vector<std::string> command;
};

// Flags --first (-f), --second and --third, operands PLACE and WORD, and COMMAND.
CommandLine make_command_line(Given& given) {
  CommandLine command_line{{.tool = "test", .synopses = {}, .summary = {}, .operands = "PLACE,WORD"}};
  command_line.flag("first,f", "", given.first);
  command_line.flag("second", "", given.second);
  command_line.flag("third", "", given.third);
  command_line.command(given.command);
  return command_line;
}

// Why it is wrong usage; "" when it is right.
std::string refusal(CommandLine command_line, Words words) {
  words.insert(words.begin(), "test");
  std::vector<char*> pointers;
  for (auto& word : words) pointers.push_back(word.data());
  try {
    command_line.parse(static_cast<int>(pointers.size()), pointers.data());
  } catch (const cli::UsageError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("command line: an option excludes others, in any order, and nothing when it is not given") {
  Given given;
  auto command_line = make_command_line(given);
  command_line.at("first").excludes("second,third");
  CHECK(refusal(command_line, {"--first", "--second"}) == "--first and --second exclude each other");
  CHECK(refusal(command_line, {"--third", "-f"}) == "--first and --third exclude each other");
  CHECK(refusal(command_line, {"--second", "--third"}) == "");
  CHECK(refusal(command_line, {"-f", "-f", "place"}) == "");
}

TEST_CASE("command line: an option can be given only once") {
  Given given;
  auto command_line = make_command_line(given);
  command_line.at("first").only_once();
  CHECK(refusal(command_line, {"--first", "--second", "--second"}) == "");
  CHECK(refusal(command_line, {"--first", "-f"}) == "--first is given twice");
}

TEST_CASE("command line: an option needs one of others") {
  Given given;
  auto command_line = make_command_line(given);
  command_line.at("first").needs("second");
  CHECK(refusal(command_line, {"-f"}) == "--first needs --second");
  CHECK(refusal(command_line, {"-f", "--second"}) == "");
  command_line.at("first").needs("second,third");
  CHECK(refusal(command_line, {"-f"}) == "--first needs --second or --third");
  CHECK(refusal(command_line, {"--third", "-f"}) == "");
  command_line.at("first").needs("second,third,COMMAND");
  CHECK(refusal(command_line, {"-f"}) == "--first needs --second, --third or COMMAND");
  CHECK(refusal(command_line, {}) == "");
}

TEST_CASE("command line: what is declared can end with a reason") {
  Given given;
  auto command_line = make_command_line(given);
  command_line.at("first").needs("second", "it is nothing alone").excludes("third", "it is too much");
  CHECK(refusal(command_line, {"-f"}) == "--first needs --second: it is nothing alone");
  CHECK(refusal(command_line, {"-f", "--third"}) == "--first and --third exclude each other: it is too much");
}

TEST_CASE("command line: operands take part by their names") {
  Given given;
  auto command_line = make_command_line(given);
  command_line.at("first").excludes("WORD").needs("PLACE");
  CHECK(refusal(command_line, {"-f"}) == "--first needs PLACE");
  CHECK(refusal(command_line, {"-f", "here"}) == "");
  CHECK(refusal(command_line, {"here", "-f", "word"}) == "--first and WORD exclude each other");
  CHECK(refusal(command_line, {"here", "word", "more"}) == "");
}

TEST_CASE("command line: COMMAND takes part on either side") {
  Given given;
  auto command_line = make_command_line(given);
  command_line.at("first").excludes("COMMAND");
  command_line.command(given.command).needs("second,third");
  CHECK(refusal(command_line, {"-f", "--", "true"}) == "--first and COMMAND exclude each other");
  CHECK(refusal(command_line, {"--", "true"}) == "COMMAND needs --second or --third");
  CHECK(refusal(command_line, {"--third", "--", "true"}) == "");
  CHECK(refusal(command_line, {"-f"}) == "");
}

TEST_CASE("command line: a wrong value is told before what it does not go with") {
  Given given;
  auto command_line = make_command_line(given);
  command_line.option("value", "N", "", [](auto) { throw cli::UsageError{"a wrong value"}; })
      .excludes("first");
  CHECK(refusal(command_line, {"-f", "--value", "x"}) == "a wrong value");
}
