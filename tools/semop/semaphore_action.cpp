#include "semaphore_action.hpp"

#include <fmt/format.h>

#include <charconv>
#include <ipcutils/error.hpp>
#include <ipcutils/quote.hpp>
#include <limits>

namespace ipcutils::semop {

namespace {

// A decimal number, nothing else, up to a maximum.
bool parse_digits(std::string_view text, unsigned maximum, unsigned& value) {
  const auto end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value);
  return result.ec == std::errc{} && result.ptr == end && value <= maximum;
}

}  // namespace

SemaphoreAction parse_semaphore_action(std::string_view text) {
  constexpr unsigned max_number = std::numeric_limits<unsigned short>::max();
  constexpr unsigned max_delta = std::numeric_limits<short>::max();
  const auto refuse = [text](std::string reason, std::string hint = {}) {
    throw Error::invalid(fmt::format("invalid operation {}", quote(text)), std::move(reason),
                         std::move(hint));
  };
  auto rest = text;
  unsigned number = 0;
  if (const auto colon = rest.find(':'); colon != rest.npos) {
    if (!parse_digits(rest.substr(0, colon), max_number, number))
      refuse(fmt::format("the number of a semaphore is a decimal number up to {}", max_number));
    rest.remove_prefix(colon + 1);
  }
  const char sign = rest.empty() ? '\0' : rest[0];
  unsigned value = 0;
  if (sign == '=') {
    if (!parse_digits(rest.substr(1), std::numeric_limits<int>::max(), value))
      refuse("a value is a decimal number");
    return SemaphoreValue{number, value};
  }
  const bool has_sign = sign == '+' || sign == '-';
  if (!parse_digits(rest.substr(has_sign ? 1 : 0), sign == '-' ? max_delta + 1 : max_delta, value))
    refuse(fmt::format("an operation is -N, +N, 0 or =VALUE, with N up to {}", max_delta));
  if (has_sign && value == 0) refuse("it would change nothing", "0 without a sign waits for zero");
  if (!has_sign && value != 0) {
    const auto prefix = text.substr(0, text.size() - rest.size());
    refuse("it has no sign", fmt::format("did you mean {}?", quote(fmt::format("{}+{}", prefix, rest))));
  }
  const int delta = static_cast<int>(value);
  return SemaphoreOperation{number, sign == '-' ? -delta : delta};
}

}  // namespace ipcutils::semop
