#include <ipcutils/mode.hpp>

#include "catch.hpp"
#include "error_of.hpp"

using namespace ipcutils;

namespace {

struct Row {
  const char* text;
  mode_t base;
  mode_t mode;
};

}  // namespace

TEST_CASE("mode: octal permissions replace the base") {
  const auto row = GENERATE(values<Row>({{"0", 0777, 0},
                                         {"600", 0, 0600},
                                         {"0640", 0777, 0640},
                                         {"777", 0, 0777},
                                         {"000000777", 0, 0777},
                                         {"7", 0770, 07}}));
  CAPTURE(row.text);
  CHECK(parse_mode(row.text, row.base) == row.mode);
}

TEST_CASE("mode: symbolic clauses change the base as chmod does") {
  const auto row = GENERATE(values<Row>(
      {{"u=rw", 0, 0600},   {"u=rw,g+r", 0, 0640}, {"g+r", 0600, 0640},        {"a-w", 0666, 0444},
       {"-w", 0666, 0444},  // the umask does not apply
       {"+r", 0, 0444},     {"=", 0777, 0},        {"=rw", 0111, 0666},        {"u=", 0777, 0077},
       {"u+", 0640, 0640},  {"ug=rw", 0007, 0667}, {"go-rwx", 0777, 0700},     {"uoa+x", 0, 0111},
       {"g=u", 0600, 0660}, {"o=g", 0640, 0644},   {"u=o", 0604, 0404},        {"go=u", 0700, 0777},
       {"g+u", 0612, 0672}, {"o-u", 0605, 0601},   {"a=u", 0500, 0555},        {"u=rw+x", 0, 0700},
       {"u+rw-w", 0, 0400}, {"u=r,u=w", 0, 0200},  {"u=rwx,g=u,o=g", 0, 0777}, {"g=u-w", 0600, 0640},
       {"u+rrr", 0, 0400}}));
  CAPTURE(row.text, row.base);
  CHECK(parse_mode(row.text, row.base) == row.mode);
}

TEST_CASE("mode: what is neither is refused by name") {
  const std::string text =
      GENERATE("", "8", "6g", "rw", "u", "u,g", "u=rw,", ",u=r", "u=rw,,g=r", "u+s", "g+s", "+t", "a+X",
               "u=rg", "u=gr", "u~r", " 600", "600 ", "0x1ff", "+600", "-1", "u =r", "z=r");
  CAPTURE(text);
  const auto error = error_of([&] { parse_mode(text, 0600); });
  CHECK(error.code() == std::errc::invalid_argument);
  CHECK(error.attempt() == "invalid mode '" + text + "'");
  CHECK(error.reason() == "neither octal permissions, 0 to 777, nor symbolic ones such as u=rw,g+r");
}

TEST_CASE("mode: more than permissions is refused") {
  const std::string text = GENERATE("1000", "4755", "01777", "777777777777777777777777777");
  const auto error = error_of([&] { parse_mode(text, 0600); });
  CHECK(error.what() == "invalid mode '" + text + "': it must be at most 777");
}

TEST_CASE("mode: the text is shown escaped") {
  CHECK(error_of([] { parse_mode("6\n0", 0); }).attempt() == R"(invalid mode '6\n0')");
  using namespace std::string_view_literals;
  CHECK(error_of([] { parse_mode("600\0"sv, 0); }).attempt() == R"(invalid mode '600\000')");
}
