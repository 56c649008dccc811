#include <ipcutils/number.hpp>
#include <string>

#include "property.hpp"

using namespace ipcutils;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = text_of(data, size);
  const auto parse = [&](std::uint64_t minimum) { return parsed([&] { return parse_size(text, minimum); }); };
  const auto bytes = parse(0);
  const auto number = parsed([&] { return parse_number(text, "count"); });
  require(!number || number == bytes, "a size without unit is a number");
  if (!bytes) return 0;

  require(parse_size(std::to_string(*bytes)) == *bytes, "a size comes back from its digits");
  require(parse(*bytes) == bytes, "a size is at least itself");
  if (*bytes < std::numeric_limits<std::uint64_t>::max())
    require(!parse(*bytes + 1), "a size is below the minimum");
  const auto digits = text.substr(0, text.find_first_not_of("0123456789"));
  require(!digits.empty(), "a size begins with digits");
  const auto factor_free = parse_number(digits, "count");
  require(factor_free <= *bytes && (factor_free != 0 || *bytes == 0), "a unit makes nothing smaller");
  if (factor_free != 0) {
    const auto factor = *bytes / factor_free;
    require(factor * factor_free == *bytes, "a unit is a whole factor");
    const auto one = std::string{"1"}.append(text.substr(digits.size()));
    require(parse_size(one) == factor, "one of a unit is its factor");
  }
  return 0;
}
