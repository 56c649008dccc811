#include <ipcutils/number.hpp>

#include "catch.hpp"
#include "error_of.hpp"

using namespace ipcutils;
using namespace std::chrono_literals;

namespace {

constexpr auto largest = std::numeric_limits<std::uint64_t>::max();

struct SizeRow {
  const char* text;
  std::uint64_t size;
};

struct DurationRow {
  const char* text;
  Duration duration;
};

struct Refused {
  const char* text;
  const char* reason;
};

}  // namespace

TEST_CASE("number: decimal digits") {
  CHECK(parse_number("0", "count") == 0);
  CHECK(parse_number("007", "count") == 7);
  CHECK(parse_number("18446744073709551615", "count") == largest);
}

TEST_CASE("number: a refusal names the noun and the text") {
  const auto row = GENERATE(values<Refused>({{"", "it is empty"},
                                             {"-1", "it does not begin with a digit"},
                                             {"+1", "it does not begin with a digit"},
                                             {" 1", "it does not begin with a digit"},
                                             {"x", "it does not begin with a digit"},
                                             {"1 ", "' ' is no digit"},
                                             {"1.5", "'.' is no digit"},
                                             {"0x10", "'x' is no digit"},
                                             {"18446744073709551616", "the number is too large"},
                                             {"99999999999999999999999999", "the number is too large"}}));
  const auto error = error_of([&] { parse_number(row.text, "count"); });
  CHECK(error.code() == std::errc::invalid_argument);
  CHECK(error.attempt() == std::string{"invalid count '"} + row.text + "'");
  CHECK(error.reason() == row.reason);
}

TEST_CASE("number: the bounds belong to it") {
  CHECK(parse_number("1", "count", 1, 5) == 1);
  CHECK(parse_number("5", "count", 1, 5) == 5);
  CHECK(error_of([] { parse_number("0", "count", 1, 5); }).reason() == "it must be at least 1");
  CHECK(error_of([] { parse_number("6", "count", 1, 5); }).reason() == "it must be at most 5");
}

TEST_CASE("size: units of 1024 and of 1000") {
  const auto row = GENERATE(values<SizeRow>({{"0", 0},
                                             {"4096", 4096},
                                             {"1B", 1},
                                             {"4K", 4096},
                                             {"4KiB", 4096},
                                             {"4KB", 4000},
                                             {"3M", 3u << 20},
                                             {"3MiB", 3u << 20},
                                             {"3MB", 3'000'000},
                                             {"2G", 2ull << 30},
                                             {"2GB", 2'000'000'000},
                                             {"1T", 1ull << 40},
                                             {"1TiB", 1ull << 40},
                                             {"1P", 1ull << 50},
                                             {"1PB", 1'000'000'000'000'000},
                                             {"15E", 15ull << 60},
                                             {"18EB", 18'000'000'000'000'000'000ull},
                                             {"0E", 0},
                                             {"18446744073709551615", largest}}));
  CAPTURE(row.text);
  CHECK(parse_size(row.text) == row.size);
}

TEST_CASE("size: a refusal names the bad part") {
  const auto row = GENERATE(values<Refused>({{"", "it is empty"},
                                             {"K", "it does not begin with a digit"},
                                             {"-1", "it does not begin with a digit"},
                                             {"4Q", "unknown unit 'Q'"},
                                             {"4k", "unknown unit 'k'"},
                                             {"4 K", "unknown unit ' K'"},
                                             {"4Ki", "unknown unit 'Ki'"},
                                             {"4KiBs", "unknown unit 'KiBs'"},
                                             {"4BB", "unknown unit 'BB'"},
                                             {"1.5K", "unknown unit '.5K'"},
                                             {"16E", "the number is too large"},
                                             {"19EB", "the number is too large"},
                                             {"18446744073709551615K", "the number is too large"},
                                             {"18446744073709551616", "the number is too large"}}));
  const auto error = error_of([&] { parse_size(row.text); });
  CHECK(error.code() == std::errc::invalid_argument);
  CHECK(error.what() == std::string{"invalid size '"} + row.text + "': " + row.reason);
}

TEST_CASE("size: the minimum counts bytes") {
  CHECK(parse_size("1K", 1024) == 1024);
  CHECK(error_of([] { parse_size("1KB", 1024); }).reason() == "it must be at least 1024");
}

TEST_CASE("size: trailing NUL is not overlooked") {
  using namespace std::string_view_literals;
  CHECK(error_of([] { parse_size("4K\0"sv); }).what() ==
        std::string{R"(invalid size '4K\000': unknown unit 'K\000')"});
}

TEST_CASE("duration: units") {
  const auto row = GENERATE(values<DurationRow>({{"0", 0ns},
                                                 {"2", 2s},
                                                 {"2s", 2s},
                                                 {"1.5", 1500ms},
                                                 {"250ms", 250ms},
                                                 {"7us", 7us},
                                                 {"9ns", 9ns},
                                                 {"5m", 5min},
                                                 {"1h", 1h},
                                                 {"7d", 7 * 24h},
                                                 {"0.5d", 12h},
                                                 {"1.25ms", 1250us},
                                                 {"0.0", 0ns},
                                                 {"1.000000000000000000000000000000", 1s},
                                                 {"inf", unlimited}}));
  CAPTURE(row.text);
  CHECK(parse_duration(row.text) == row.duration);
}

TEST_CASE("duration: finer than a nanosecond is rounded up") {
  const auto row = GENERATE(values<DurationRow>({{"0.1ns", 1ns},
                                                 {"1.000000001ns", 2ns},
                                                 {"0.0000000001", 1ns},
                                                 {"0.00000000000000000000000000000000000001", 1ns},
                                                 {"1.0000000000000000000000000000001", 1s + 1ns},
                                                 {"0.99999999999999999999999999999", 1s},
                                                 {"0.3333333333333333333333333d", 8h},
                                                 {"0.3333333333d", 8h - 2880ns},
                                                 {"0.33333333333333d", 8h}}));
  CAPTURE(row.text);
  CHECK(parse_duration(row.text) == row.duration);
}

TEST_CASE("duration: digits beyond the nineteenth are not lost in rounding up") {
  // 2662037e-19 d are 22.99999968 ns, and 9e-20 d more are over 23.
  CHECK(parse_duration("0.0000000000002662037d") == 23ns);
  CHECK(parse_duration("0.00000000000026620379d") == 24ns);
}

TEST_CASE("duration: the longest is less than unlimited") {
  CHECK(parse_duration("9223372036854775806ns") == unlimited - 1ns);
  CHECK(parse_duration("9223372036.854775806") == unlimited - 1ns);
  CHECK(parse_duration("9223372036.8547758059") == unlimited - 1ns);
  const auto text =
      GENERATE("9223372036854775807ns", "9223372036.854775807", "9223372036.8547758061", "106752d",
               "18446744073709551615", "18446744073709551616", "99999999999999999999.5");
  CAPTURE(text);
  CHECK(error_of([&] { parse_duration(text); }).reason() == "the number is too large");
}

TEST_CASE("duration: a refusal names the bad part") {
  const auto row = GENERATE(values<Refused>({{"", "it is empty"},
                                             {"-1", "it does not begin with a digit"},
                                             {".5", "it does not begin with a digit"},
                                             {"infinity", "it does not begin with a digit"},
                                             {"INF", "it does not begin with a digit"},
                                             {"1.", "no digit follows the point"},
                                             {"1.s", "no digit follows the point"},
                                             {"1.-5", "no digit follows the point"},
                                             {"1.5.5", "unknown unit '.5'"},
                                             {"1 s", "unknown unit ' s'"},
                                             {"1S", "unknown unit 'S'"},
                                             {"1e3", "unknown unit 'e3'"},
                                             {"5min", "unknown unit 'min'"},
                                             {"1w", "unknown unit 'w'"}}));
  const auto error = error_of([&] { parse_duration(row.text); });
  CHECK(error.code() == std::errc::invalid_argument);
  CHECK(error.what() == std::string{"invalid duration '"} + row.text + "': " + row.reason);
}
