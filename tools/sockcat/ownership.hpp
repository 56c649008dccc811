// Who is to own what an address makes.
#pragma once

#include <sys/types.h>

#include <optional>

#include "grammar.hpp"

namespace ipcutils::sockcat {

// As chown(2) takes them: -1 is one that stays.
struct Ownership {
  uid_t user;
  gid_t group;
};

// What the options user and group say, if any of them is there.
inline std::optional<Ownership> ownership_in(const AddressSpec& spec) {
  const auto user = spec.number(Option::user);
  const auto group = spec.number(Option::group);
  if (!user && !group) return std::nullopt;
  constexpr auto unchanged = static_cast<unsigned>(-1);
  return Ownership{static_cast<uid_t>(user.value_or(unchanged)),
                   static_cast<gid_t>(group.value_or(unchanged))};
}

}  // namespace ipcutils::sockcat
