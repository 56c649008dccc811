// Standard error.
#pragma once

#include <string_view>

namespace ipcutils::cli {

// Writes text to standard error. Failures are ignored, since there is no other place to report them.
void write_diagnostic(std::string_view text) noexcept;

}  // namespace ipcutils::cli
