#include "sockcat/filters.hpp"

#include <sys/stat.h>

#include <regex>
#include <string>
#include <string_view>

#include "catch.hpp"
#include "error_of.hpp"
#include "scratch.hpp"

using namespace ipcutils;
using sockcat::Channel;
using sockcat::dump;
using sockcat::Filters;
using sockcat::LineEnd;
using sockcat::Settings;
using sockcat::with_line_ends;
using sockcat::with_newlines;

namespace {

// A dump without its first line, which has the time.
std::string body(std::string_view data, bool as_text, bool as_hexadecimal) {
  const auto text = dump(Direction::forward, data, 0, as_text, as_hexadecimal);
  return text.substr(text.find('\n') + 1);
}

std::string head(Direction direction, std::string_view data, std::uint64_t position) {
  const auto text = dump(direction, data, position, true, false);
  return text.substr(0, text.find('\n'));
}

// What passes.
std::string filtered(Filters& filters, Direction direction, std::string_view data) {
  std::string replacement;
  return filters.apply(direction, std::as_bytes(std::span{data}), replacement) ? replacement
                                                                               : std::string{data};
}

Settings some_settings() { return {.first = sockcat::parse_end("-")}; }

}  // namespace

TEST_CASE("sockcat line ends: newlines for what was read") {
  CHECK(with_newlines("one\rtwo\r", LineEnd::cr) == "one\ntwo\n");
  CHECK(with_newlines("one\ntwo\r\n", LineEnd::cr) == "one\ntwo\n\n");
  CHECK(with_newlines("one\r\ntwo\r\n", LineEnd::crnl) == "one\ntwo\n");
  CHECK(with_newlines("one\ntwo", LineEnd::crnl) == "one\ntwo");
  for (const auto end : {LineEnd::cr, LineEnd::crnl}) CHECK(with_newlines("", end).empty());
}

TEST_CASE("sockcat line ends: a pair that comes in two pieces is one newline") {
  CHECK(with_newlines("one\r", LineEnd::crnl) + with_newlines("\ntwo", LineEnd::crnl) == "one\ntwo");
}

TEST_CASE("sockcat line ends: others for what is written") {
  CHECK(with_line_ends("one\ntwo\n", LineEnd::cr) == "one\rtwo\r");
  CHECK(with_line_ends("one\ntwo\n", LineEnd::crnl) == "one\r\ntwo\r\n");
  CHECK(with_line_ends("\n\n", LineEnd::crnl) == "\r\n\r\n");
  CHECK(with_line_ends("none", LineEnd::crnl) == "none");
  for (const auto end : {LineEnd::cr, LineEnd::crnl}) CHECK(with_line_ends("", end).empty());
}

TEST_CASE("sockcat line ends: there and back again is the same") {
  const auto end = GENERATE(LineEnd::cr, LineEnd::crnl);
  const auto text = GENERATE(as<std::string>{}, "", "\n", "a\nb\n\nc", std::string{"\0\n\xff", 3});
  CHECK(with_newlines(with_line_ends(text, end), end) == text);
}

TEST_CASE("sockcat dump: a line tells direction, time, length and position") {
  const std::regex form{R"([<>] \d{4}/\d\d/\d\d \d\d:\d\d:\d\d\.\d{9}  length=\d+ from=\d+ to=\d+)"};
  for (const auto direction : {Direction::forward, Direction::backward}) {
    const auto line = head(direction, "hello", 10);
    CAPTURE(line);
    CHECK(std::regex_match(line, form));
    CHECK(line[0] == (direction == Direction::forward ? '>' : '<'));
    CHECK(line.find("  length=5 from=10 to=14") != line.npos);
  }
  CHECK(head(Direction::forward, "", 7).find("length=0 from=7 to=7") != std::string::npos);
  CHECK(head(Direction::forward, "x", 18446744073709551615u).find("from=18446744073709551615") !=
        std::string::npos);
}

TEST_CASE("sockcat dump: text shows what a terminal can") {
  CHECK(body("one\ttwo\n", true, false) == "one\ttwo\n");
  CHECK(body("a\r\nb\\n", true, false) == "a\\r\nb\\\\n");
  CHECK(body(std::string_view{"\0\x1b[0m\x7f\xff\a~ ", 10}, true, false) == "..[0m...~ ");
  CHECK(body("", true, false).empty());
}

TEST_CASE("sockcat dump: hexadecimal shows each byte") {
  CHECK(body(std::string_view{"a\0\xff\n", 4}, false, true) == " 61 00 ff 0a\n");
  CHECK(body("", false, true) == "\n");
  CHECK(body(std::string(20, 'x'), false, true).size() == 20 * 3 + 1);
}

TEST_CASE("sockcat dump: both show lines of 16 bytes, or up to a newline") {
  CHECK(body("0123456789abcdefgh", true, true) ==
        " 30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66  0123456789abcdef\n"
        " 67 68                                            gh\n"
        "--\n");
  CHECK(body("a\nb", true, true) ==
        " 61 0a                                            a.\n"
        " 62                                               b\n"
        "--\n");
  CHECK(body("", true, true) == "--\n");
  const auto sixteen = body("0123456789abcde\n", true, true);
  CHECK(sixteen == " 30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 0a  0123456789abcde.\n--\n");
}

TEST_CASE("sockcat filters: they are needed where something is to be done") {
  auto settings = some_settings();
  Channel first;
  Channel second;
  const TemporaryDirectory directory;
  const bool is_needed = GENERATE(true, false);
  if (is_needed) switch (GENERATE(range(0, 7))) {
      case 0:
        first.read_lines = LineEnd::cr;
        break;
      case 1:
        first.written_lines = LineEnd::crnl;
        break;
      case 2:
        second.read_lines = LineEnd::crnl;
        break;
      case 3:
        second.written_lines = LineEnd::cr;
        break;
      case 4:
        settings.dumps_text = true;
        break;
      case 5:
        settings.dumps_hexadecimal = true;
        break;
      default:
        settings.backward_record = directory.path("record");
    }
  CHECK(Filters{first, second, settings}.is_needed() == is_needed);
}

TEST_CASE("sockcat filters: each way has the line ends of its two sides") {
  const auto settings = some_settings();
  Channel first;
  Channel second;
  first.read_lines = first.written_lines = LineEnd::crnl;
  second.read_lines = second.written_lines = LineEnd::cr;
  Filters filters{first, second, settings};
  CHECK(filtered(filters, Direction::forward, "a\r\nb\r\n") == "a\rb\r");
  CHECK(filtered(filters, Direction::backward, "a\rb\r") == "a\r\nb\r\n");
}

TEST_CASE("sockcat filters: one side alone, and the other is as it is") {
  const auto settings = some_settings();
  Channel first;
  Channel second;
  first.read_lines = first.written_lines = LineEnd::crnl;
  Filters filters{first, second, settings};
  CHECK(filtered(filters, Direction::forward, "a\r\n") == "a\n");
  CHECK(filtered(filters, Direction::backward, "a\n") == "a\r\n");
}

TEST_CASE("sockcat filters: a record gets what passes, with newlines, after what is there") {
  const TemporaryDirectory directory;
  auto settings = some_settings();
  settings.forward_record = directory.path("there");
  settings.backward_record = directory.path("back");
  write_file(settings.forward_record, "old\n");
  Channel first;
  Channel second;
  first.read_lines = LineEnd::crnl;
  second.written_lines = LineEnd::cr;
  {
    Filters filters{first, second, settings};
    CHECK(filtered(filters, Direction::forward, "one\r\n") == "one\r");
    CHECK(filtered(filters, Direction::backward, std::string_view{"\0\r\n", 3}) == std::string{"\0\r\n", 3});
    CHECK(filtered(filters, Direction::forward, "two\r\n") == "two\r");
    CHECK(filtered(filters, Direction::forward, "").empty());
  }
  CHECK(read_file(settings.forward_record) == "old\none\ntwo\n");
  CHECK(read_file(settings.backward_record) == std::string{"\0\r\n", 3});
}

TEST_CASE("sockcat filters: a new record is its owner's alone") {
  const TemporaryDirectory directory;
  auto settings = some_settings();
  settings.forward_record = directory.path("record");
  const Umask umask{0};
  const Filters filters{{}, {}, settings};
  struct stat status;
  REQUIRE(::stat(settings.forward_record.c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0600);
}

TEST_CASE("sockcat filters: a record that cannot be opened or written is an error with its name") {
  const TemporaryDirectory directory;
  auto settings = some_settings();
  settings.forward_record = directory.path("no/such");
  const auto error = error_of([&] { Filters{{}, {}, settings}; });
  CHECK(error.code() == std::errc::no_such_file_or_directory);
  CHECK(error.attempt() == "cannot open record '" + settings.forward_record + "'");
  settings.forward_record = "/dev/full";
  Filters filters{{}, {}, settings};
  const auto full = error_of([&] { filtered(filters, Direction::forward, "x"); });
  CHECK(full.code() == std::errc::no_space_on_device);
  CHECK(full.attempt() == "cannot write record '/dev/full'");
}
