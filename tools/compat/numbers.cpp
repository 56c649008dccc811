#include "numbers.hpp"

#include <fmt/format.h>

#include <cctype>
#include <cerrno>
#include <cinttypes>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <optional>
#include <string_view>

#include "frame.hpp"

namespace ipcutils::compat {

namespace {

[[noreturn]] void refuse_number(const char* text, const char* failure, int errnum) {
  auto message = fmt::format("{}: '{}'", failure, text);
  if (errnum != 0) message += fmt::format(": {}", std::strerror(errnum));
  fail(message);
}

// The exponent of a unit, from 1; nothing for what is none.
std::optional<unsigned> exponent_of(char letter) {
  constexpr std::string_view letters = "KMGTPEZY";
  const auto place = letters.find(static_cast<char>(std::toupper(static_cast<unsigned char>(letter))));
  if (letter == '\0' || place == letters.npos) return std::nullopt;
  return static_cast<unsigned>(place + 1);
}

// The base that the rest of a unit behind its letter stands for; 0 for what is none.
std::uint64_t base_of(std::string_view rest) {
  if (rest.empty() || rest == "iB" || rest == "ib") return 1024;
  return rest == "B" || rest == "b" ? 1000 : 0;
}

bool multiply(std::uint64_t& value, std::uint64_t factor) {
  return !__builtin_mul_overflow(value, factor, &value);
}

// What a fraction adds: the original takes each digit d of the place 10^k for unit / (10^k / d) in whole
// numbers, where a fraction that ends in zeros begins at its first digit. So 1.9K are 2 KiB, and 1.10K too.
std::uint64_t fraction_of(std::uint64_t unit, std::uint64_t fraction, unsigned leading_zeros) {
  std::uint64_t scale = 10;
  while (scale < fraction && multiply(scale, 10)) continue;
  for (; leading_zeros > 0; --leading_zeros) scale *= 10;
  std::uint64_t sum = 0;
  for (std::uint64_t place = 1; fraction != 0; fraction /= 10, place *= 10) {
    const auto digit = fraction % 10;
    const auto part = digit != 0 ? scale / (digit * place) : 0;
    if (part != 0) sum += unit / part;
  }
  return sum;
}

// 0, or why the text is no size.
int parse_size(const char* text, std::uint64_t& size) {
  const char* start = text;
  while (std::isspace(static_cast<unsigned char>(*start)) != 0) ++start;
  if (*start == '-') return EINVAL;
  char* end;
  errno = 0;
  size = std::strtoumax(start, &end, 0);
  if (end == start) return EINVAL;
  if (errno != 0) return errno;
  if (*end == '\0') return 0;

  std::uint64_t fraction = 0;
  unsigned leading_zeros = 0;
  if (*end == '.') {
    ++end;
    for (; *end == '0'; ++end) ++leading_zeros;
    if (std::isdigit(static_cast<unsigned char>(*end)) != 0) {
      fraction = std::strtoumax(end, &end, 0);
      if (errno != 0) return errno;
    }
  }
  const auto exponent = exponent_of(*end);
  const auto base = exponent ? base_of(end + 1) : 0;
  if (base == 0) return EINVAL;
  std::uint64_t unit = 1;
  bool fits = true;
  for (unsigned i = 0; i < *exponent; ++i) {
    fits = multiply(size, base) && fits;
    if (!multiply(unit, base)) unit = 0;
  }
  if (!fits) return ERANGE;
  size += fraction_of(unit, fraction, leading_zeros);
  return 0;
}

}  // namespace

int parse_int(const char* text, const char* failure) {
  char* end;
  errno = 0;
  const auto value = std::strtoimax(text, &end, 10);
  if (errno != 0 || end == text || *end != '\0') refuse_number(text, failure, errno);
  if (value < std::numeric_limits<int>::min() || value > std::numeric_limits<int>::max())
    refuse_number(text, failure, ERANGE);
  return static_cast<int>(value);
}

std::uint32_t parse_key(const char* text, const char* failure) {
  char* end;
  errno = 0;
  const auto value = std::strtoul(text, &end, 0);
  if (errno != 0 || end == text || *end != '\0') refuse_number(text, failure, errno);
  return static_cast<std::uint32_t>(value);
}

int parse_mode(const char* text) {
  char* end;
  errno = 0;
  const auto value = std::strtoul(text, &end, 8);
  if (errno != 0 || end == text || *end != '\0')
    fail(fmt::format("failed to parse mode: {}", std::strerror(errno)));
  return static_cast<int>(value);
}

std::uint64_t parse_size(const char* text) {
  std::uint64_t size = 0;
  const int errnum = parse_size(text, size);
  if (errnum != 0) refuse_number(text, "failed to parse size", errnum);
  return size;
}

}  // namespace ipcutils::compat
