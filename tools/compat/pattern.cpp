#include "pattern.hpp"

#include <fmt/format.h>

namespace ipcutils::compat {

namespace {

// The text of three that is for the unit.
std::string_view choose(std::string_view texts, Unit unit) {
  for (int i = 0; i < static_cast<int>(unit); ++i) texts.remove_prefix(texts.find('|') + 1);
  return texts.substr(0, texts.find('|'));
}

}  // namespace

std::string fill_in(std::string_view pattern, Unit unit,
                    const std::function<std::string(std::string_view name)>& cell) {
  std::string line;
  for (;;) {
    const auto open = pattern.find('{');
    line += pattern.substr(0, open);
    if (open == pattern.npos) return line;
    const auto close = pattern.find('}', open);
    auto place = pattern.substr(open + 1, close - open - 1);
    pattern.remove_prefix(close + 1);
    const auto colon = place.find(':');
    const auto name = place.substr(0, colon);
    const auto text = name.find('|') != name.npos ? std::string{choose(name, unit)} : cell(name);
    const auto spec = colon == place.npos ? std::string_view{} : place.substr(colon + 1);
    line += fmt::format(fmt::runtime(fmt::format("{{:{}}}", spec)), text);
  }
}

}  // namespace ipcutils::compat
