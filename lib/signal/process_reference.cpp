#include <ipcutils/process_reference.hpp>

#include <sys/syscall.h>
#include <unistd.h>

#include <ipcutils/number.hpp>
#include <limits>

#include "../core/failure.hpp"
#include "../core/process_stat.hpp"
#include "../core/words.hpp"
#include "proc_number.hpp"
#include "process_end.hpp"

namespace ipcutils {

namespace {

constexpr const char* gone = "there is no such process";
constexpr const char* another = "its number belongs to another process by now";

std::uint64_t start_time_of(const ProcessHandle& process, const std::string& attempt) {
  const ProcessStat stat{number_in_proc(process.fd(), attempt)};
  const auto time = stat[ProcessStat::start_time];
  number_in_proc(process.fd(), attempt);  // the number may have become another's before the file was read
  if (time.empty()) throw Error::because(EACCES, attempt, "/proc does not show its start time");
  return number_in<std::uint64_t>(time, 10);
}

}  // namespace

ProcessReference ProcessReference::parse(std::string_view text) {
  const auto colon = text.find(':');
  const auto number = parse_number(text.substr(0, colon), "process", 1, std::numeric_limits<pid_t>::max());
  ProcessReference reference{static_cast<pid_t>(number)};
  if (colon != text.npos) reference.start_time = parse_number(text.substr(colon + 1), "start time");
  return reference;
}

std::string ProcessReference::text() const {
  return start_time ? fmt::format("{}:{}", pid, *start_time) : std::to_string(pid);
}

ProcessHandle ProcessHandle::open(const ProcessReference& reference) {
  const auto attempt = fmt::format("cannot find process {}", reference.text());
  ProcessHandle process{reference.pid,
                        FileDescriptor{static_cast<int>(::syscall(SYS_pidfd_open, reference.pid, 0))}};
  if (!process.m_process.is_open()) {
    const int errnum = errno;
    if (errnum == ESRCH) throw Error::because(errnum, attempt, gone);
    const bool is_thread = errnum == EINVAL || errnum == ENOENT;
    throw Error{errnum, attempt, is_thread ? "it is a thread: give the number of its process" : ""};
  }
  if (reference.start_time && *reference.start_time != start_time_of(process, attempt))
    throw Error::because(ESRCH, attempt, another);
  return process;
}

ProcessReference ProcessHandle::reference() const {
  return {m_pid, start_time_of(*this, fmt::format("cannot read the start time of process {}", m_pid))};
}

bool ProcessHandle::has_ended() const { return has_process_ended(fd()); }

std::optional<ProcessEnd> ProcessHandle::end() const { return end_of_process(fd()); }

}  // namespace ipcutils
