#include <ipcutils/mode.hpp>
#include <string>

#include "property.hpp"

using namespace ipcutils;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = text_of(data, size);
  const bool is_octal = text.find_first_not_of("01234567") == text.npos;
  const auto first = parsed([&] { return parse_mode(text, 0); });
  for (const mode_t base : {0000u, 0777u, 0640u, 0421u, 0123u}) {
    const auto mode = parsed([&] { return parse_mode(text, base); });
    require(mode.has_value() == first.has_value(), "the base decides nothing about the text");
    if (!mode) continue;
    require((*mode & ~0777u) == 0, "a mode has permission bits only");
    require(!is_octal || mode == first, "octal permissions do not depend on the base");
    char octal[8];
    std::snprintf(octal, sizeof octal, "%o", *mode);
    require(parse_mode(octal, base) == *mode, "a mode comes back from its octal digits");
    if (is_octal) continue;
    const auto twice = parse_mode(std::string{text} + "," + std::string{text}, base);
    require(twice == parse_mode(text, *mode), "clauses apply one after the other");
  }
  return 0;
}
