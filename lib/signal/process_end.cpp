#include "process_end.hpp"

#include <sys/ioctl.h>
#include <sys/wait.h>

#include <ipcutils/wait.hpp>

#include "../core/failure.hpp"

namespace ipcutils {

namespace {

ProcessEnd end_of(int wait_status) {
  return WIFSIGNALED(wait_status) ? ProcessEnd{WTERMSIG(wait_status), true}
                                  : ProcessEnd{WEXITSTATUS(wait_status), false};
}

// What the kernel tells the parent, which can ask again.
std::optional<ProcessEnd> end_of_child(int process) {
  constexpr idtype_t by_descriptor = P_PIDFD;
  siginfo_t ended{};
  const auto id = static_cast<id_t>(process);
  if (retry_on_eintr([&] { return ::waitid(by_descriptor, id, &ended, WEXITED | WNOHANG | WNOWAIT); }) != 0 ||
      ended.si_pid == 0)
    return std::nullopt;
  return ProcessEnd{ended.si_status, ended.si_code != CLD_EXITED};
}

// The first version of struct pidfd_info of <linux/pidfd.h>, which Debian 12 does not have yet.
struct ProcessInformation {
  std::uint64_t mask;
  std::uint64_t cgroup;
  std::uint32_t ids[11];
  std::int32_t wait_status;
};
constexpr unsigned long get_information = _IOWR(0xFF, 11, ProcessInformation);
constexpr std::uint64_t exit_information = 1u << 3;

// What the kernel tells everybody once the parent has waited for the process.
std::optional<ProcessEnd> end_of_reaped(int process) {
  ProcessInformation information{};
  information.mask = exit_information;
  if (::ioctl(process, get_information, &information) != 0 || (information.mask & exit_information) == 0)
    return std::nullopt;
  return end_of(information.wait_status);
}

}  // namespace

bool has_process_ended(int process) {
  return wait_for_event(process, POLLIN, Deadline::immediate()) == Waited::ready;
}

std::optional<ProcessEnd> end_of_process(int process) {
  constexpr std::chrono::milliseconds parents_time{100};
  if (!has_process_ended(process)) return std::nullopt;
  if (const auto end = end_of_child(process)) return end;
  wait_for_event(process, 0, Deadline::after(parents_time));  // POLLHUP
  return end_of_reaped(process);
}

}  // namespace ipcutils
