#include "sockcat/lexer.hpp"

#include "catch.hpp"
#include "error_of.hpp"
#include "sockcat/spelling.hpp"

using namespace ipcutils;
using sockcat::Lexer;
using sockcat::split_command;

namespace {

using Words = std::vector<std::string>;

// The parts between commas.
Words parts(std::string_view text) {
  Lexer lexer{text};
  Words words{lexer.take_until({","})};
  while (lexer.skip(",")) words.push_back(lexer.take_until({","}));
  CHECK(lexer.is_at_end());
  return words;
}

std::string reason_for(std::string_view text) {
  return error_of([text] { parts(text); }).reason();
}

}  // namespace

TEST_CASE("sockcat lexer: a separator ends a word, and the end does") {
  CHECK(parts("") == Words{""});
  CHECK(parts("a") == Words{"a"});
  CHECK(parts("a,b") == Words{"a", "b"});
  CHECK(parts(",a,") == Words{"", "a", ""});
  Lexer lexer{"a!b!!c:d"};
  CHECK(lexer.take_until({":", "!!"}) == "a!b");
  CHECK_FALSE(lexer.skip(":"));
  CHECK(lexer.skip("!!"));
  CHECK(lexer.take_until({":", "!!"}) == "c");
  CHECK_FALSE(lexer.is_at_end());
}

// Each line is what socat 1.7.4.4 makes of it.
TEST_CASE("sockcat lexer: quotes hide separators, and one level of them is dropped") {
  CHECK(parts("'a,b'") == Words{"a,b"});
  CHECK(parts("\"a,b\"") == Words{"a,b"});
  CHECK(parts("x\"a\"'b'y") == Words{"xaby"});
  CHECK(parts("'a\"b'") == Words{"a\"b"});
  CHECK(parts("\"a'b,c'\"") == Words{"a'b,c'"});
  CHECK(parts("'(a,'b") == Words{"(a,b"});
  CHECK(parts("''") == Words{""});
}

TEST_CASE("sockcat lexer: brackets hide separators, and stay") {
  CHECK(parts("(a,b)") == Words{"(a,b)"});
  CHECK(parts("[a,(b,]c,)d]e,f") == Words{"[a,(b,]c,)d]e", "f"});
  CHECK(parts("{a,b}") == Words{"{a,b}"});
  CHECK(parts("(a'b,c')") == Words{"(a'b,c')"});
  CHECK(parts("(a\"b)c\",d)") == Words{"(a\"b)c\",d)"});
  CHECK(parts("a)b,c") == Words{"a)b", "c"});
  CHECK(parts("(a,b") == Words{"(a,b"});
  CHECK(parts("(a]") == Words{"(a]"});
}

TEST_CASE("sockcat lexer: a backslash hides one character, anywhere") {
  CHECK(parts("a\\,b") == Words{"a,b"});
  CHECK(parts("a\\nb,'a\\nb',\"a\\nb\"") == Words{"a\nb", "a\nb", "a\nb"});
  CHECK(parts("\\a\\b\\f\\r\\t\\v") == Words{"\a\b\f\r\t\v"});
  CHECK(parts("a\\0b") == Words{std::string{"a\0b", 3}});
  CHECK(parts("\\e\\z\\\\\\x41\\1") == Words{"ez\\x411"});
  CHECK(parts("'a\\'b'c") == Words{"a'bc"});
  CHECK(parts("\"\\\"\"x") == Words{"\"x"});
  CHECK(parts("(a\\,b\\)c,d)") == Words{"(a,b)c,d)"});
  CHECK(parts("\"a'b\\'c,d'e\"") == Words{"a'b'c,d'e"});
}

TEST_CASE("sockcat lexer: what does not end is refused") {
  CHECK(reason_for("'a") == "a single quote is not closed");
  CHECK(reason_for("(a'") == "a single quote is not closed");
  CHECK(reason_for("\"a") == "a double quote is not closed");
  CHECK(reason_for("\"a(b\"") == "a double quote is not closed");
  CHECK(reason_for("a\\") == "nothing follows its last backslash");
  CHECK(error_of([] { parts("'\n"); }).attempt() == "invalid address ''\\n'");
}

TEST_CASE("sockcat lexer: lengths are bounded") {
  CHECK(parts(std::string(sockcat::max_address_length, 'x')).front().size() == sockcat::max_address_length);
  CHECK(reason_for(std::string(sockcat::max_address_length + 1, 'x')) == "it is longer than 65536 bytes");
  CHECK(parts(std::string(sockcat::max_nesting, '(')).size() == 1);
  CHECK(reason_for(std::string(sockcat::max_nesting + 1, '(')) == "its brackets are nested too deeply");
}

TEST_CASE("sockcat lexer: a command is split at spaces") {
  CHECK(split_command("printf [%s] a  b") == Words{"printf", "[%s]", "a", "b"});
  CHECK(split_command("c \"a b\" 'c d' e") == Words{"c", "a b", "c d", "e"});
  CHECK(split_command("c (a b) {c d}") == Words{"c", "(a b)", "{c d}"});
  CHECK(split_command("c (a \"b c\" d)") == Words{"c", "(a \"b c\" d)"});
  CHECK(split_command("c a\\ b \"a\\\"b\"") == Words{"c", "a b", "a\"b"});
  CHECK(split_command("c a\tb") == Words{"c", "a\tb"});
  CHECK(split_command("c \"\" x") == Words{"c", "", "x"});
  CHECK(split_command(" c ") == Words{"c"});
  CHECK(split_command("").empty());
}

TEST_CASE("sockcat spelling: names that are near") {
  CHECK(sockcat::nearest("tpc", {"udp", "tcp"}) == "tcp");
  CHECK(sockcat::nearest("reusaddr", {"reuseport", "reuseaddr"}) == "reuseaddr");
  CHECK(sockcat::nearest("xyz", {"udp", "tcp"}).empty());
  CHECK(sockcat::nearest("a", {"b"}).empty());
  CHECK(sockcat::nearest(std::string(1000, 'x'), {"tcp"}).empty());
  CHECK(sockcat::shown(std::string(1000, 'x')).size() < 80);
}
