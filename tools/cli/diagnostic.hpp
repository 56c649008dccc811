// Standard error.
#pragma once

#include <string_view>

namespace ipcutils::cli {

// Writes text to standard error at once. That it may be closed or full is nobody's business: there is no
// other place to complain about it.
void write_diagnostic(std::string_view text) noexcept;

}  // namespace ipcutils::cli
