#include "format.hpp"

#include <fmt/format.h>

#include <ipcutils/error.hpp>
#include <ipcutils/quote.hpp>

namespace ipcutils::cli {

std::vector<FormatPart> parse_format(std::string_view text, std::string_view letters) {
  const auto refuse = [text](std::string reason) {
    throw Error::invalid(fmt::format("invalid format {}", quote(text)), std::move(reason));
  };
  std::vector<FormatPart> parts;
  const auto add_text = [&](char c) {
    if (parts.empty() || parts.back().letter) parts.push_back({std::nullopt});
    parts.back().text.push_back(c);
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      add_text(text[i]);
      continue;
    }
    if (++i == text.size()) refuse("nothing follows its last '%'");
    if (text[i] == '%')
      add_text('%');
    else if (letters.find(text[i]) != letters.npos)
      parts.push_back({text[i]});
    else
      refuse(fmt::format("unknown {}: there are %{} %%", quote(text.substr(i - 1, 2)),
                         fmt::join(letters, " %")));
  }
  return parts;
}

}  // namespace ipcutils::cli
