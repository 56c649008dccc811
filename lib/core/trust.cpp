#include "trust.hpp"

#include <unistd.h>

#include "failure.hpp"

namespace ipcutils {

void require_trusted_owner(uid_t owner, const Reference& reference, Trust trust) {
  if (trust == Trust::anybody || owner == 0 || owner == ::geteuid()) return;
  throw Error{EPERM, fmt::format("cannot use {}", reference.description()),
              fmt::format("it belongs to another user (uid {}), who may have planted it", owner)};
}

}  // namespace ipcutils
