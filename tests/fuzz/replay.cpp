// Runs a fuzz target over the inputs of the seed file that is its operand.
//
// A seed file has one input a line: printable ASCII, where \xHH is the byte with that hexadecimal number,
// which may be any. A line that begins with '#' is a comment.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

#include "property.hpp"

namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

// The input that a line encodes; nothing when it is malformed.
std::optional<std::string> decode(std::string_view line) {
  std::string input;
  for (std::size_t at = 0; at < line.size(); ++at) {
    if (line[at] != '\\') {
      input += line[at];
      continue;
    }
    if (line.size() - at < 4 || line[at + 1] != 'x') return std::nullopt;
    const auto high = hex_digits.find(line[at + 2]);
    const auto low = hex_digits.find(line[at + 3]);
    if (high == hex_digits.npos || low == hex_digits.npos) return std::nullopt;
    input += static_cast<char>(high << 4 | low);
    at += 3;
  }
  return input;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return EXIT_FAILURE;
  std::ifstream seeds{argv[1]};
  int count = 0;
  for (std::string line; std::getline(seeds, line);) {
    if (line.starts_with('#')) continue;
    // Printed first, and at once: what breaks a promise aborts.
    std::printf("%s\n", line.c_str());
    std::fflush(stdout);
    const auto input = decode(line);
    if (!input) return EXIT_FAILURE;
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input->data()), input->size());
    ++count;
  }
  return count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
