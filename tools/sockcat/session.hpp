// One connection, from its first byte to its last.
#pragma once

#include "channel.hpp"
#include "opener.hpp"

namespace ipcutils::sockcat {

// Moves data between the two until both have ended, closes them, and waits for their programs. Returns the
// exit status: that of a program, if there is one. Throws Error, and Signalled after a signal.
int run_session(Channel first, Channel second, const Context& context);

}  // namespace ipcutils::sockcat
