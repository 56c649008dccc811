// Strict parsing of numbers, sizes and durations: overflow, a sign where none may be and trailing text are
// errors.
#pragma once

#include <cstdint>
#include <ipcutils/deadline.hpp>
#include <ipcutils/export.hpp>
#include <limits>
#include <string_view>

namespace ipcutils {

// A decimal number from minimum to maximum. `noun` names it in the Error: "invalid count '-1': …".
IPCUTILS_EXPORT std::uint64_t parse_number(std::string_view text, std::string_view noun,
                                           std::uint64_t minimum = 0,
                                           std::uint64_t maximum = std::numeric_limits<std::uint64_t>::max());

// Bytes: a decimal number with an optional unit, K M G T P E (powers of 1024, also KiB …) or KB MB … (of
// 1000).
IPCUTILS_EXPORT std::uint64_t parse_size(std::string_view text, std::uint64_t minimum = 0);

// A time span: a decimal number, which may have a fraction, with an optional unit out of ns us ms s m h d
// (seconds without one), or "inf", which gives `unlimited`. Finer than a nanosecond is rounded up.
IPCUTILS_EXPORT Duration parse_duration(std::string_view text);

}  // namespace ipcutils
