#include "missing.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <ipcutils/error.hpp>

namespace ipcutils::cli {

void throw_missing(const Reference& reference) {
  // The kernel chooses identifiers.
  const bool can_be_made = !std::holds_alternative<SysvId>(reference.name);
  throw Error{ENOENT, fmt::format("cannot open {}", reference.description()),
              can_be_made ? "--create makes it" : ""};
}

}  // namespace ipcutils::cli
