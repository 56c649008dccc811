#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <ipcutils/wait.hpp>
#include <ipcutils/workers.hpp>
#include <new>
#include <span>

#include "../core/failure.hpp"

namespace ipcutils {

namespace {

constexpr std::chrono::milliseconds pause_without_process{100};

// Of something that a worker gives back when it ends.
bool is_shortage(int errnum) {
  return errnum == EAGAIN || errnum == ENOMEM || errnum == EMFILE || errnum == ENFILE;
}

}  // namespace

Workers::Workers(std::uint64_t most) : m_most{most}, m_ended{::epoll_create1(EPOLL_CLOEXEC)} {
  if (!m_ended.is_open()) fail(errno, "cannot watch processes");
  const FileDescriptor self{static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0))};
  if (!self.is_open()) fail(errno, "cannot watch processes");
}

void Workers::reap() {
  std::array<epoll_event, 64> events;
  for (;;) {
    const int count = ::epoll_wait(m_ended.get(), events.data(), static_cast<int>(events.size()), 0);
    if (count <= 0) return;
    for (const auto& event : std::span{events}.first(static_cast<std::size_t>(count))) {
      const auto worker = std::ranges::find(m_workers, event.data.fd, &Child::pid);
      // A new worker has copies of the others' descriptors for a moment, so closing ours is not enough.
      ::epoll_ctl(m_ended.get(), EPOLL_CTL_DEL, worker->fd(), nullptr);
      worker->wait(Deadline::immediate());
      std::iter_swap(worker, m_workers.end() - 1);
      m_workers.pop_back();
    }
  }
}

bool Workers::start(const Deadline& deadline) {
  for (;;) {
    try {
      if (m_workers.size() == m_workers.capacity()) m_workers.reserve(2 * m_workers.size() + 1);
      auto child = Child::fork();
      if (!child) {
        m_workers.clear();
        return true;
      }
      const auto process = child->pid();
      epoll_event event{.events = EPOLLIN, .data = {.fd = process}};
      ::epoll_ctl(m_ended.get(), EPOLL_CTL_ADD, child->fd(), &event);
      m_workers.push_back(std::move(*child));
      return false;
    } catch (const Error& error) {
      if (!is_shortage(error.code().value()) || deadline.has_passed()) throw;
    } catch (const std::bad_alloc&) {
      if (deadline.has_passed()) throw;
    }
    wait_for_event(fd(), POLLIN, deadline.within(pause_without_process));
    reap();
  }
}

}  // namespace ipcutils
