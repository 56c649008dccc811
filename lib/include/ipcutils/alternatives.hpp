// Choices in messages.
#pragma once

#include <ipcutils/export.hpp>
#include <span>
#include <string>
#include <string_view>

namespace ipcutils {

// "a", "a or b", "a, b or c"; `last_separator` stands before the last one.
IPCUTILS_EXPORT std::string alternatives(std::span<const std::string> items,
                                         std::string_view last_separator = " or ");

}  // namespace ipcutils
