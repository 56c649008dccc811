// Objects that another user may have planted.
#pragma once

#include <fmt/format.h>

#include <cerrno>
#include <ipcutils/error.hpp>
#include <string_view>

namespace ipcutils::cli {

// Calls `use` and returns what it returns. Where `use` refuses an object that is not trusted (EPERM with a
// hint), the hint also says what takes it all the same: `way` is "--existing" or "leaving out --create".
template <typename Use>
auto tell_way_to_take(std::string_view way, Use use) {
  try {
    return use();
  } catch (const Error& error) {
    if (error.code() != std::errc::operation_not_permitted || error.hint().empty()) throw;
    throw Error{EPERM, error.attempt(), fmt::format("{}; {} takes it", error.hint(), way)};
  }
}

}  // namespace ipcutils::cli
