// Objects that are opened if they exist and made if they do not.
#pragma once

#include <optional>

namespace ipcutils {

// Calls `open`, then `make`, until one of them returns something. Between the two, other processes may make
// or remove the object, so both are tried again; after 10 attempts it returns nothing. Throws what they
// throw.
template <typename Open, typename Make>
auto open_or_create(Open open, Make make) -> decltype(open()) {
  for (int attempt = 0; attempt < 10; ++attempt) {
    if (auto existing = open()) return existing;
    if (auto made = make()) return made;
  }
  return std::nullopt;
}

}  // namespace ipcutils
