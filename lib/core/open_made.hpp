// Objects that were made a moment ago. Internal.
#pragma once

#include <ipcutils/error.hpp>
#include <ipcutils/reference.hpp>
#include <optional>
#include <variant>

namespace ipcutils {

// Opens the object that create() has just made; nothing when somebody has already removed it. It is opened by
// the caller's reference if that is a name, so that messages show this name. Removed if it cannot be opened.
template <typename Object, typename How>
std::optional<Object> open_made(const Reference& made, const Reference& reference, How how) {
  const bool has_name = !std::holds_alternative<SysvPrivate>(reference.name);
  try {
    return Object::open_if_exists(has_name ? reference : made, how);
  } catch (const Error&) {
    Object::remove_if_exists(made);
    throw;
  }
}

}  // namespace ipcutils
