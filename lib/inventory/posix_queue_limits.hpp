// What limits POSIX message queues; mq_overview(7). Internal.
#pragma once

#include <ipcutils/limits.hpp>
#include <vector>

namespace ipcutils {

// Adds the limits, and what is used of them, if it is asked for and known.
void add_posix_queue_limits(std::vector<Limit>& limits, bool with_usage);

}  // namespace ipcutils
