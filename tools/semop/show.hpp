// The values of semaphores on standard output.
#pragma once

#include <ipcutils/semaphore_set.hpp>

namespace ipcutils::semop {

// Prints each value on a line, or what is known of each semaphore as one JSON object a line.
void show(const SemaphoreSet& set, bool as_json);

}  // namespace ipcutils::semop
