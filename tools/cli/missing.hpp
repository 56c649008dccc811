// Objects that a tool would make.
#pragma once

#include <ipcutils/reference.hpp>

namespace ipcutils::cli {

// Throws Error (ENOENT) for an object that does not exist, with the hint that --create makes it where that is
// so.
[[noreturn]] void throw_missing(const Reference& reference);

}  // namespace ipcutils::cli
