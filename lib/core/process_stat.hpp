// What /proc/PID/stat tells of a process. Internal.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

namespace ipcutils {

// One look at it. Manual page: proc_pid_stat(5).
class ProcessStat {
 public:
  explicit ProcessStat(pid_t pid);

  enum Field {
    state = 3,
    flags = 9,
    thread_count = 20,
    start_time = 22,
    exit_code = 52
  };  // as proc(5) counts

  // Empty when the file could not be read, with errno set by the constructor.
  std::string_view operator[](Field field) const;

 private:
  std::string m_text;
};

}  // namespace ipcutils
