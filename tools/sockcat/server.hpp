// A process for each connection.
#pragma once

#include <functional>

#include "end.hpp"

namespace ipcutils::sockcat {

// What a worker does with its connection; returns the exit status.
using Work = std::function<int(Channel connection)>;

// Takes one client after the other, and gives each to a new process, of which there are at most
// max-children. Ends after so many connections as --count says, when the last of their processes has, and
// when no client has come in time. Returns the exit status; throws Signalled after a signal, without waiting
// for anybody.
int serve(End& end, const Context& context, const Work& work);

}  // namespace ipcutils::sockcat
