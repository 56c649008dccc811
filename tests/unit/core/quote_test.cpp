#include <ipcutils/quote.hpp>

#include <set>

#include "catch.hpp"

using namespace ipcutils;
using namespace std::string_literals;

TEST_CASE("quote: printable text stays as it is, between quotes") {
  CHECK(quote("/frame") == "'/frame'");
  CHECK(quote("") == "''");
  CHECK(quote("größe € 🙂") == "'größe € 🙂'");
  CHECK(quote("it's") == "'it's'");
  CHECK(quote("a\\b") == "'a\\b'");
}

TEST_CASE("quote: control characters are escaped, and the backslashes beside them") {
  CHECK(escape("a\nb\tc\\d") == R"(a\nb\tc\\d)");
  CHECK(escape("\x1b[31m") == R"(\033[31m)");
  CHECK(escape("\x7f") == R"(\177)");
  CHECK(escape("\0x"s) == R"(\000x)");
  CHECK(escape("\xc2\x9b"
               "31m") == R"(\302\23331m)");  // C1: CSI in UTF-8
}

TEST_CASE("quote: what is no UTF-8 is escaped byte by byte and the rest goes on") {
  CHECK(escape("\xff") == R"(\377)");
  CHECK(escape("a\xc3z") == R"(a\303z)");
  CHECK(escape("\xe2\x82") == R"(\342\202)");
  CHECK(escape("\xe2\x82ü") == R"(\342\202ü)");
}

TEST_CASE("quote: escaped text is printable") {
  for (int byte = 0; byte < 256; ++byte)
    for (const auto* tail : {"", "\x80", "a"}) {
      const auto text = static_cast<char>(byte) + std::string{tail};
      REQUIRE(is_printable(escape(text)));
      if (is_printable(text)) REQUIRE(escape(text) == text);
    }
}

TEST_CASE("quote: distinct texts look different where they are escaped distinctly") {
  const std::string parts[] = {"",   "a",    " ",      "\\",     "n",      "0", "4",
                               "\n", "\xff", "\u00a0", "\u200b", "\u202e", "é"};
  std::set<std::string> texts, escaped;
  for (const auto& a : parts)
    for (const auto& b : parts)
      for (const auto& c : parts) {
        const auto text = a + b + c;
        texts.insert(text);
        const auto shown = escape_distinctly(text);
        REQUIRE(is_printable(shown));
        REQUIRE_FALSE(shown.ends_with(' '));
        escaped.insert(shown);
      }
  CHECK(escaped.size() == texts.size());
  CHECK(escape_distinctly("a\\n\n") == R"(a\\n\n)");
  CHECK(escape_distinctly("größe \u200b ") == R"(größe \342\200\213\040)");
  CHECK(escape_distinctly("") == "");
}

TEST_CASE("quote: UTF-8 is well-formed as RFC 3629 has it") {
  const std::string good = GENERATE("", "a", "\u0080", "\u07ff", "\u0800", "\ud7ff", "\ue000", "\uffff",
                                    "\U00010000", "\U0010ffff", "\x7f");
  CHECK(is_utf8(good));
}

TEST_CASE("quote: what is no UTF-8") {
  const std::string bad =
      GENERATE("\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2\x41", "\xe0\x80\x80", "\xe0\x9f\xbf",
               "\xed\xa0\x80", "\xed\xbf\xbf", "\xe2\x82", "\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf",
               "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "a\xc3");
  CHECK_FALSE(is_utf8(bad));
  CHECK_FALSE(is_printable(bad));
}

TEST_CASE("quote: control characters are UTF-8 and not printable") {
  const std::string text = GENERATE("\n"s, "\x1b"s, "\x7f"s, "\0"s, "\u0085"s, "\u009f"s, "a\rb"s);
  CHECK(is_utf8(text));
  CHECK_FALSE(is_printable(text));
  CHECK(is_printable("\u00a0"));
}
