#include <ipcutils/alternatives.hpp>

namespace ipcutils {

std::string alternatives(std::span<const std::string> items, std::string_view last_separator) {
  std::string text;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) text += i + 1 == items.size() ? last_separator : ", ";
    text += items[i];
  }
  return text;
}

}  // namespace ipcutils
