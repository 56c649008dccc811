// How fuzz targets tell that a promise was broken, and the promises that all parsers make.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ipcutils/error.hpp>
#include <ipcutils/quote.hpp>
#include <optional>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace ipcutils {

inline void require(bool holds, const char* promise) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n", promise);
  std::abort();
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// What a parser returns; nothing when it refuses the text, which it does by an Error that a terminal can
// show. Any other exception ends the program.
template <typename Parse>
auto parsed(Parse parse) -> std::optional<decltype(parse())> {
  try {
    return parse();
  } catch (const Error& error) {
    require(error.code() == std::errc::invalid_argument, "a refusal is EINVAL");
    require(!error.attempt().empty() && !error.reason().empty(), "a refusal tells what and why");
    require(is_printable(error.what()) && is_printable(error.hint()), "a refusal is printable");
    return std::nullopt;
  }
}

}  // namespace ipcutils
