#include "semop/semaphore_action.hpp"

#include "catch.hpp"
#include "error_of.hpp"

using namespace ipcutils;
using semop::parse_semaphore_action;
using semop::SemaphoreAction;
using semop::SemaphoreValue;

TEST_CASE("semaphore action: operations") {
  const auto is = [](std::string_view text, unsigned number, int delta) {
    return parse_semaphore_action(text) == SemaphoreAction{SemaphoreOperation{number, delta}};
  };
  CHECK(is("-1", 0, -1));
  CHECK(is("+1", 0, 1));
  CHECK(is("0", 0, 0));
  CHECK(is("0:-1", 0, -1));
  CHECK(is("3:+2", 3, 2));
  CHECK(is("7:0", 7, 0));
  CHECK(is("65535:-32767", 65535, -32767));
  CHECK(is("+32767", 0, 32767));
  CHECK(is("-007", 0, -7));
}

TEST_CASE("semaphore action: values") {
  const auto is = [](std::string_view text, unsigned number, unsigned value) {
    return parse_semaphore_action(text) == SemaphoreAction{SemaphoreValue{number, value}};
  };
  CHECK(is("=0", 0, 0));
  CHECK(is("=5", 0, 5));
  CHECK(is("2:=5", 2, 5));
  CHECK(is("=2147483647", 0, 2147483647));
}

TEST_CASE("semaphore action: a number without sign is told how it is meant") {
  const auto error = error_of([] { parse_semaphore_action("1"); });
  CHECK(error.code() == std::errc::invalid_argument);
  CHECK(error.what() == std::string{"invalid operation '1': it has no sign"});
  CHECK(error.hint() == "did you mean '+1'?");
  CHECK(error_of([] { parse_semaphore_action("3:15"); }).hint() == "did you mean '3:+15'?");
}

TEST_CASE("semaphore action: anything else is refused, and quoted") {
  const auto refuses = [](std::string_view text, const std::string& reason) {
    CAPTURE(text);
    const auto error = error_of([text] { parse_semaphore_action(text); });
    CHECK(error.code() == std::errc::invalid_argument);
    CHECK(error.what() == "invalid operation '" + std::string{text} + "': " + reason);
    CHECK(error.hint().empty());
  };
  for (const char* text : {"", "+", "-", "--1", "+-1", "- 1", " -1", "-1 ", "-1x", "x", "1:", "-0x1",
                           "+32768", "-32769", "40000", "-99999999999999999999", "0:1:-1", "1,-1", "+1.0"})
    refuses(text, "an operation is -N, +N, 0 or =VALUE, with N up to 32767");
  for (const char* text :
       {":-1", "x:-1", "-1:-1", "+1:-1", " 1:-1", "65536:-1", "99999999999999999999:=1", "1 :-1"})
    refuses(text, "the number of a semaphore is a decimal number up to 65535");
  for (const char* text :
       {"=", "==1", "=-1", "=+1", "= 1", "=1x", "=2147483648", "=99999999999999999999", "1:="})
    refuses(text, "a value is a decimal number");
  CHECK(error_of([] { parse_semaphore_action({"\n\0", 2}); }).attempt() == "invalid operation '\\n\\000'");
}
