// The processes that /proc shows; proc(5). Internal.
#pragma once

#include <sys/types.h>

#include <ipcutils/error.hpp>
#include <optional>
#include <string>
#include <vector>

namespace ipcutils {

// Their numbers. Nothing where /proc is no such file system, or cannot be listed: it always shows at least
// one.
std::optional<std::vector<pid_t>> list_processes();

// What /proc/PID/comm says; empty when the process has ended.
std::string process_name(pid_t pid);

// Kernel threads hold nothing, and nobody but root may look at them.
bool is_kernel_thread(pid_t pid);

// Whether it is there only until its parent asks how it ended, which the first process of a container may
// never do. With threads that go on, its first one is such as well.
bool is_zombie(pid_t pid);

// Whether a signal has stopped it, or a debugger has.
bool is_stopped(pid_t pid);

// For whom an answer would take it.
Error no_process_list(std::string attempt);

// Whether the numbers are those of this process's PID namespace, as kill(2) takes them. Another's /proc may
// be mounted, as after unshare --pid.
bool has_own_process_numbers();

}  // namespace ipcutils
