#include <cli/json_line.hpp>

#include <nlohmann/json.hpp>

#include "catch.hpp"

using namespace ipcutils;

TEST_CASE("JSON line: control characters are escaped, and letters are not") {
  const auto line_of = [](const char* text) { return cli::json_line(nlohmann::ordered_json(text)); };
  CHECK(line_of("a\nb\x1b\x7f") == R"("a\nb\u001b\u007f")");
  CHECK(line_of("\u0080\u009b31m\u009f") == R"("\u0080\u009b31m\u009f")");
  CHECK(line_of("\u00a0\u00bf größe 中") == "\"\u00a0\u00bf größe 中\"");
  CHECK(line_of("a\xff") == "\"a\ufffd\"");
  CHECK(cli::json_line({{"a", 1}, {"\x7f", nullptr}}) == R"({"a":1,"\u007f":null})");
}
