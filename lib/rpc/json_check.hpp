// How texts that come from outside are checked. Internal.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace ipcutils {

// As json_fault(text), with a bound on the depth of its own. It checks the text in place: nlohmann-json would
// copy each string twice, and takes a second for 64 MiB.
std::optional<std::string> json_fault(std::string_view text, std::size_t max_depth);

}  // namespace ipcutils
