// The end of a process that a descriptor refers to. Internal.
#pragma once

#include <ipcutils/process_reference.hpp>
#include <optional>

namespace ipcutils {

bool has_process_ended(int process);

// As ProcessHandle::end().
std::optional<ProcessEnd> end_of_process(int process);

}  // namespace ipcutils
