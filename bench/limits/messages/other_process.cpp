#include "other_process.hpp"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>
#include <utility>

#include "channel.hpp"

namespace {

[[noreturn]] void work_and_exit(const std::function<void(const OtherProcess::Report&)>& work, int reports) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  try {
    work([reports] {
      if (write(reports, "", 1) != 1) fail(errno, "write");
    });
    for (;;) pause();  // whatever other threads still have to send
  } catch (const std::exception& error) {
    std::fprintf(stderr, "messages: %s\n", error.what());
    kill(getppid(), SIGTERM);
    _exit(1);
  }
}

}  // namespace

OtherProcess::OtherProcess(const std::function<void(const Report&)>& work) {
  int ends[2];
  if (pipe(ends) != 0) fail(errno, "pipe");
  m_process = fork();
  if (m_process < 0) fail(errno, "fork");
  if (m_process == 0) work_and_exit(work, ends[1]);
  close(ends[1]);
  m_reports = ends[0];
}

OtherProcess::OtherProcess(OtherProcess&& other) noexcept
    : m_process{std::exchange(other.m_process, -1)}, m_reports{std::exchange(other.m_reports, -1)} {}

OtherProcess::~OtherProcess() {
  if (m_process < 0) return;
  close(m_reports);
  kill(m_process, SIGKILL);
  waitpid(m_process, nullptr, 0);
}

void OtherProcess::wait_for_report() {
  char report;
  if (read(m_reports, &report, 1) != 1) fail(EPIPE, "a receiver");
}
