// Other threads and processes.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <future>
#include <optional>
#include <string>
#include <thread>

#include "channel.hpp"

namespace ipcutils {

// Looks until something is true, for 10 seconds at most.
template <typename Look>
bool eventually(Look look) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  while (!look()) {
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(std::chrono::microseconds{100});
  }
  return true;
}

inline bool is_asleep(pid_t thread) {
  std::ifstream file{"/proc/self/task/" + std::to_string(thread) + "/stat"};
  const std::string stat{std::istreambuf_iterator<char>{file}, {}};  // a thread's name may hold a newline
  const auto name_end = stat.rfind(") ");
  return name_end != stat.npos && stat[name_end + 2] == 'S';
}

// Runs an action in another thread once the calling one sleeps, as in a system call that waits.
template <typename Action>
std::future<void> when_asleep(Action action) {
  return std::async(std::launch::async, [action, waiting = ::gettid()] {
    eventually([waiting] { return is_asleep(waiting); });
    action();
  });
}

// Another process that runs `work`, and ends with its result (exceptions: 125).
class ChildProcess {
 public:
  template <typename Work>
  explicit ChildProcess(Work work) : m_pid{require_call(::fork(), "fork")} {
    if (m_pid != 0) return;
    int result = 125;
    try {
      result = work();
    } catch (...) {  // a failed assertion, too: this process is no test runner
    }
    ::_exit(result);
  }
  ChildProcess(ChildProcess&& other) noexcept : m_pid{std::exchange(other.m_pid, 0)} {}
  ~ChildProcess() {
    if (m_pid != 0) wait();
  }

  pid_t pid() const { return m_pid; }

  // Its exit status; nothing when it was killed.
  std::optional<int> wait() {
    int status = 0;
    while (::waitpid(m_pid, &status, 0) == -1 && errno == EINTR) continue;
    m_pid = 0;
    return WIFEXITED(status) ? std::optional{WEXITSTATUS(status)} : std::nullopt;
  }

 private:
  pid_t m_pid;
};

}  // namespace ipcutils
