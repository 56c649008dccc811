// Objects that are opened if they exist and made if they do not. Internal.
#pragma once

#include <ipcutils/error.hpp>
#include <ipcutils/reference.hpp>
#include <optional>
#include <variant>

namespace ipcutils {

// Calls `open`, then `make`, until one of them returns something. Between the two, other processes may make
// or remove the object, so both are tried again; after 10 attempts it returns nothing.
template <typename Open, typename Make>
auto open_or_create(Open open, Make make) -> decltype(open()) {
  for (int attempt = 0; attempt < 10; ++attempt) {
    if (auto existing = open()) return existing;
    if (auto made = make()) return made;
  }
  return std::nullopt;
}

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
