#include "processes.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include "../core/directory.hpp"
#include "../core/failure.hpp"
#include "../core/process_stat.hpp"
#include "../core/read_file.hpp"
#include "../core/words.hpp"

namespace ipcutils {

std::optional<std::vector<pid_t>> list_processes() {
  std::vector<pid_t> processes;
  try {
    const Directory directory{"/proc"};
    for (const auto& leaf : directory.leaves())
      if (const auto pid = number_in<pid_t>(leaf, 10); pid > 0) processes.push_back(pid);
  } catch (const Error&) {
    return std::nullopt;
  }
  return processes.empty() ? std::nullopt : std::optional{std::move(processes)};
}

std::string process_name(pid_t pid) {
  auto name = read_file_if_readable(fmt::format("/proc/{}/comm", pid)).value_or("");
  if (name.ends_with('\n')) name.pop_back();
  return name;
}

Error no_process_list(std::string attempt) {
  return Error::because(ENOENT, std::move(attempt), "the processes of the system cannot be listed",
                        "they take a proc file system at /proc");
}

bool is_kernel_thread(pid_t pid) {
  constexpr unsigned kernel_thread = 0x00200000;  // PF_KTHREAD
  return (number_in<unsigned>(ProcessStat{pid}[ProcessStat::flags], 10) & kernel_thread) != 0;
}

bool is_zombie(pid_t pid) {
  if (!has_own_process_numbers()) return false;  // /proc/PID is another process
  const ProcessStat stat{pid};
  return stat[ProcessStat::state] == "Z" && number_in<unsigned>(stat[ProcessStat::thread_count], 10) <= 1;
}

bool is_stopped(pid_t pid) {
  const ProcessStat stat{pid};
  const auto word = stat[ProcessStat::state];
  return word == "T" || word == "t";
}

bool has_own_process_numbers() { return number_in<pid_t>(link_target("/proc/self"), 10) == ::getpid(); }

}  // namespace ipcutils
