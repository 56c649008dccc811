#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ipcutils/child.hpp>
#include <ipcutils/signal_block.hpp>
#include <ipcutils/wait.hpp>
#include <vector>

#include "../core/failure.hpp"

namespace ipcutils {

namespace {

// The processes of every Child. Changed while SIGCHLD is blocked, since the handler reads it.
std::vector<pid_t> known;

// Looks at each child that has ended and leaves it where it is (WNOWAIT), since its Child wants its status.
void reap_strangers() noexcept {
  for (;;) {
    siginfo_t ended{};
    if (::waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) != 0 || ended.si_pid == 0) return;
    if (std::ranges::find(known, ended.si_pid) != known.end()) return;
    ::waitpid(ended.si_pid, nullptr, WNOHANG);
  }
}

extern "C" void child_has_ended(int) {
  const int old_errno = errno;
  reap_strangers();
  errno = old_errno;
}

bool has_reaper = false;

void forget(pid_t process) noexcept {
  const SignalBlock block;
  std::erase(known, process);
  // A known child that has ended hides the strangers behind it.
  if (has_reaper) reap_strangers();
}

// For one more, which must not fail when there is a process.
void make_room() { known.reserve(known.size() + 1); }

int exit_status_of(int status) {
  constexpr int of_signal = 128;
  return WIFSIGNALED(status) ? of_signal + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

Child::Child(pid_t process)
    : m_process{process}, m_ended{static_cast<int>(::syscall(SYS_pidfd_open, process, 0))} {
  known.push_back(process);
}

Child& Child::operator=(Child&& other) noexcept {
  std::swap(m_process, other.m_process);
  std::swap(m_ended, other.m_ended);
  return *this;
}

Child::~Child() {
  if (m_process != 0) forget(m_process);
}

std::optional<Child> Child::fork() {
  const SignalBlock block;
  make_room();
  FileDescriptor number{::eventfd(0, EFD_CLOEXEC)};  // for pidfd_open(2), which comes too late to fail
  if (!number.is_open()) fail(errno, "cannot watch a process");
  const auto process = ::fork();
  if (process == -1) fail(errno, "cannot make a process");
  if (process == 0) {
    known.clear();
    return std::nullopt;
  }
  number.reset();
  return Child{process};
}

Child Child::started_by(const std::function<pid_t()>& start) {
  const SignalBlock block;  // no process is taken for a stranger before its Child knows it
  make_room();
  return Child{start()};
}

std::optional<int> Child::wait(const Deadline& deadline) {
  constexpr std::chrono::milliseconds pause{10};
  for (;;) {
    int status = 0;
    const auto ended = retry_on_eintr([&] { return ::waitpid(m_process, &status, WNOHANG); });
    if (ended == -1) fail(errno, "cannot wait for process {}", m_process);
    if (ended != 0) {
      forget(std::exchange(m_process, 0));
      return exit_status_of(status);
    }
    if (deadline.has_passed()) return std::nullopt;
    wait_for_event(fd(), POLLIN, fd() != -1 ? deadline : deadline.within(pause));
  }
}

void Child::send(int signal) const noexcept {
  if (m_process != 0) ::kill(m_process, signal);
}

void Child::send_to_group(int signal) const noexcept {
  if (m_process != 0) ::kill(-m_process, signal);
}

void Child::die_with_parent(int signal) noexcept { ::prctl(PR_SET_PDEATHSIG, signal); }

StrangerReaper::StrangerReaper() {
  struct sigaction action {};
  action.sa_handler = child_has_ended;
  action.sa_flags = SA_RESTART | SA_NOCLDSTOP;
  ::sigaction(SIGCHLD, &action, &m_old);
  has_reaper = true;
  const SignalBlock block;
  reap_strangers();
}

StrangerReaper::~StrangerReaper() {
  has_reaper = false;
  ::sigaction(SIGCHLD, &m_old, nullptr);
}

}  // namespace ipcutils
