// Choosing objects by what is true of them.
#pragma once

#include <sys/types.h>

#include <ipcutils/deadline.hpp>
#include <ipcutils/export.hpp>
#include <ipcutils/holders.hpp>
#include <ipcutils/inventory.hpp>
#include <optional>
#include <string>

namespace ipcutils {

// What must be true of an object; all of it. What is unknown of it is not true.
struct IPCUTILS_EXPORT Filter {
  std::optional<uid_t> owner = std::nullopt;
  std::optional<std::string> name =
      std::nullopt;  // a pattern, fnmatch(3), of POSIX names; with the slash or without
  std::optional<Duration> older_than = std::nullopt;  // since last_use_of()
  bool unused = false;
  bool orphaned = false;  // POSIX objects only together with `name` or `older_than`

  bool is_any() const noexcept;         // whether it filters at all
  bool needs_holders() const noexcept;  // whether matches() wants them to have been looked for

  bool matches(const Object& object, std::time_t now) const;
};

// When the kernel knows of the last use or change of an object: the latest of its times.
IPCUTILS_EXPORT std::time_t last_use_of(const Object& object) noexcept;

}  // namespace ipcutils
