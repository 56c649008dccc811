#include <ipcutils/number.hpp>
#include <string>

#include "property.hpp"

using namespace ipcutils;

namespace {

// The exact value of "WHOLE[.FRACTION]" units in nanoseconds, rounded up: digit by digit from the last one
// on, which may be rounded each time, since the ceiling of a sum with a whole number is the sum of the
// ceilings.
unsigned long long exact(std::string_view whole, std::string_view fraction, unsigned long long unit) {
  unsigned long long part = 0;
  for (auto digit = fraction.rbegin(); digit != fraction.rend(); ++digit)
    part = (unit * static_cast<unsigned>(*digit - '0') + part + 9) / 10;
  return parse_number(whole, "count") * unit + part;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = text_of(data, size);
  const auto duration = parsed([&] { return parse_duration(text); });
  if (!duration) return 0;
  require((*duration == unlimited) == (text == "inf"), "only inf is unlimited");
  if (text == "inf") return 0;
  require(*duration >= Duration::zero(), "a duration is not negative");

  constexpr auto digits = "0123456789";
  const auto whole = text.substr(0, text.find_first_not_of(digits));
  auto rest = text.substr(whole.size());
  std::string_view fraction;
  if (rest.starts_with('.')) {
    fraction = rest.substr(1, rest.find_first_not_of(digits, 1) - 1);
    rest.remove_prefix(1 + fraction.size());
  }
  const auto unit = static_cast<unsigned long long>(parse_duration(std::string{"1"}.append(rest)).count());
  require(static_cast<unsigned long long>(duration->count()) == exact(whole, fraction, unit),
          "a duration is exact, or rounded up");
  const auto in_nanoseconds = std::to_string(duration->count()) + "ns";
  require(parse_duration(in_nanoseconds) == *duration, "a duration comes back from its nanoseconds");
  return 0;
}
