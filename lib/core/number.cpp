#include <array>
#include <charconv>
#include <ipcutils/number.hpp>
#include <ipcutils/quote.hpp>
#include <utility>

#include "failure.hpp"

namespace ipcutils {

namespace {

constexpr auto largest = std::numeric_limits<std::uint64_t>::max();

[[noreturn]] void refuse(std::string_view noun, std::string_view text, std::string reason) {
  throw Error::invalid(fmt::format("invalid {} {}", noun, quote(text)), std::move(reason));
}

struct Digits {
  std::uint64_t value;
  std::string_view rest;
};

// The digits that text begins with.
Digits take_digits(std::string_view noun, std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range) refuse(noun, text, "the number is too large");
  if (error != std::errc{})
    refuse(noun, text, text.empty() ? "it is empty" : "it does not begin with a digit");
  return {value, text.substr(static_cast<std::size_t>(end - text.data()))};
}

// The factor of "K", "KiB" and so on (1024^n), or "KB" (1000^n); 0 when there is no such unit.
std::uint64_t size_unit(std::string_view unit) {
  constexpr std::string_view prefixes = "KMGTPE";
  if (unit.empty() || unit == "B") return 1;
  const auto power = prefixes.find(unit[0]);
  const auto suffix = unit.substr(1);
  if (power == prefixes.npos || !(suffix.empty() || suffix == "iB" || suffix == "B")) return 0;
  const std::uint64_t base = suffix == "B" ? 1000 : 1024;
  std::uint64_t factor = base;
  for (std::size_t i = 0; i < power; ++i) factor *= base;
  return factor;
}

// Nanoseconds of a unit of time; 0 when there is no such unit.
std::uint64_t duration_unit(std::string_view unit) {
  constexpr std::uint64_t second = 1'000'000'000;
  constexpr std::array<std::pair<std::string_view, std::uint64_t>, 8> units{{{"", second},
                                                                             {"ns", 1},
                                                                             {"us", 1'000},
                                                                             {"ms", 1'000'000},
                                                                             {"s", second},
                                                                             {"m", 60 * second},
                                                                             {"h", 3600 * second},
                                                                             {"d", 86400 * second}}};
  for (const auto& [name, nanoseconds] : units)
    if (name == unit) return nanoseconds;
  return 0;
}

// Nanoseconds of the digits behind a decimal point, rounded up. Rounded at every digit from the last one on,
// which is exact: the ceiling of a sum with a whole number is that number and the ceiling of the rest.
std::uint64_t fraction_of(std::string_view digits, std::uint64_t unit) {
  std::uint64_t part = 0;
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit)
    part = (unit * static_cast<unsigned>(*digit - '0') + part + 9) / 10;
  return part;
}

}  // namespace

std::uint64_t parse_number(std::string_view text, std::string_view noun, std::uint64_t minimum,
                           std::uint64_t maximum) {
  const auto [value, rest] = take_digits(noun, text);
  if (!rest.empty()) refuse(noun, text, fmt::format("{} is no digit", quote(rest.substr(0, 1))));
  if (value < minimum) refuse(noun, text, fmt::format("it must be at least {}", minimum));
  if (value > maximum) refuse(noun, text, fmt::format("it must be at most {}", maximum));
  return value;
}

std::uint64_t parse_size(std::string_view text, std::uint64_t minimum) {
  const auto [value, unit] = take_digits("size", text);
  const auto factor = size_unit(unit);
  if (factor == 0) refuse("size", text, fmt::format("unknown unit {}", quote(unit)));
  if (value > largest / factor) refuse("size", text, "the number is too large");
  if (value * factor < minimum) refuse("size", text, fmt::format("it must be at least {}", minimum));
  return value * factor;
}

Duration parse_duration(std::string_view text) {
  if (text == "inf") return unlimited;
  auto [whole, rest] = take_digits("duration", text);
  std::string_view fraction;
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    const auto end = rest.find_first_not_of("0123456789");
    fraction = rest.substr(0, end);
    if (fraction.empty()) refuse("duration", text, "no digit follows the point");
    rest.remove_prefix(fraction.size());
  }
  const auto unit = duration_unit(rest);
  if (unit == 0) refuse("duration", text, fmt::format("unknown unit {}", quote(rest)));
  constexpr auto longest = static_cast<std::uint64_t>(unlimited.count()) - 1;
  const auto part = fraction_of(fraction, unit);
  if (whole > (longest - part) / unit) refuse("duration", text, "the number is too large");
  return Duration{static_cast<Duration::rep>(whole * unit + part)};
}

}  // namespace ipcutils
