// Waiting for room at the other end of a UNIX socket. Internal.
#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>
#include <ipcutils/deadline.hpp>
#include <optional>

namespace ipcutils {

// SO_SNDTIMEO of a socket, for a while.
class SendTimeout {
 public:
  explicit SendTimeout(int socket) noexcept : m_socket{socket} {
    socklen_t size = sizeof m_old;
    ::getsockopt(m_socket, SOL_SOCKET, SO_SNDTIMEO, &m_old, &size);
  }
  SendTimeout(const SendTimeout&) = delete;
  SendTimeout& operator=(const SendTimeout&) = delete;
  ~SendTimeout() { set(m_old); }

  void set(Duration duration) noexcept {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(duration);
    set(timeval{.tv_sec = seconds.count(),
                .tv_usec = std::chrono::ceil<std::chrono::microseconds>(duration - seconds).count()});
  }

 private:
  void set(const timeval& value) noexcept {
    ::setsockopt(m_socket, SOL_SOCKET, SO_SNDTIMEO, &value, sizeof value);
  }

  int m_socket;
  timeval m_old{};
};

// Repeats a call that failed with EAGAIN since the backlog or the queue at the other end of a UNIX socket is
// full, until it returns another errno, or 0; nothing when `deadline` has passed. poll(2) does not tell when
// there is room (it says that there is), but the call itself does, if it may block: then a socket's timeout
// ends it, in jiffies and before the deadline. `call` takes whether it may block.
template <typename Call>
std::optional<int> repeat_until_room(int socket, bool may_block, const Deadline& deadline, Call call) {
  using std::chrono::milliseconds;
  constexpr milliseconds slice{100};
  constexpr milliseconds inexact{25};
  SendTimeout timeout{socket};
  for (;;) {
    if (deadline.has_passed()) return std::nullopt;
    const auto left = deadline.within(slice).remaining();
    const bool blocks = may_block && left > 2 * inexact;
    if (blocks)
      timeout.set(left - inexact);
    else
      ::poll(nullptr, 0, deadline.within(milliseconds{1}).poll_timeout());
    const int errnum = call(blocks);
    if (errnum != EAGAIN && errnum != EINTR) return errnum;
  }
}

}  // namespace ipcutils
