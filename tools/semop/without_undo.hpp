// Operations on semaphores that the kernel does not take back when a process dies.
#pragma once

#include <ipcutils/command.hpp>
#include <ipcutils/semaphore_set.hpp>
#include <optional>
#include <vector>

#include "abandonment.hpp"

namespace ipcutils::semop {

// Operates, and takes it back itself when COMMAND, if there is one, has ended. A signal must not kill the
// process while it waits or holds something, so COMMAND is a child, and shares what can be shared. While it
// waits, it looks every second for `abandonment`. Returns the exit status, nothing when the deadline passed
// before the operation was possible.
std::optional<int> operate_without_undo(SemaphoreSet& set, const std::vector<SemaphoreOperation>& operations,
                                        std::optional<Command>& command, const Deadline& deadline,
                                        Abandonment& abandonment);

}  // namespace ipcutils::semop
