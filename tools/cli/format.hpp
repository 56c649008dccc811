// FORMAT of -F.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ipcutils::cli {

// A letter that followed a '%', or text without any.
struct FormatPart {
  std::optional<char> letter;
  std::string text = {};
};

// The parts of a text in which each of the letters may follow a '%', and "%%" is a percent sign. Throws Error
// (EINVAL) for anything else behind a '%'.
std::vector<FormatPart> parse_format(std::string_view text, std::string_view letters);

}  // namespace ipcutils::cli
