#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <ipcutils/delivery.hpp>
#include <ipcutils/wait.hpp>

#include "../core/socket_option.hpp"

namespace ipcutils {

namespace {

// Nobody tells when the peer has got all.
constexpr std::chrono::milliseconds first_pause{1};
constexpr std::chrono::milliseconds longest_pause{20};

}  // namespace

std::uint64_t unsent_bytes(int socket) noexcept {
  int bytes = 0;
  return ::ioctl(socket, SIOCOUTQ, &bytes) == 0 && bytes > 0 ? static_cast<std::uint64_t>(bytes) : 0;
}

Delivery await_delivery(int socket, AwaitedEnd awaited, Duration grace, const Deadline& deadline) {
  std::array<std::byte, 16 * 1024> nowhere;
  auto under_way = unsent_bytes(socket);
  auto end = deadline.within(grace);
  bool has_ended = false;
  for (auto pause = first_pause; !end.has_passed();) {
    const auto count = has_ended ? -1 : ::recv(socket, nowhere.data(), nowhere.size(), MSG_DONTWAIT);
    if (count > 0) continue;
    const bool is_silent = has_ended || errno == EAGAIN || errno == EINTR;
    if (count == -1 && !is_silent) return {errno, unsent_bytes(socket)};
    if (const int errnum = socket_option(socket, SO_ERROR).value_or(0); errnum != 0)
      return {errnum, unsent_bytes(socket)};
    has_ended = has_ended || count == 0;
    const auto left = unsent_bytes(socket);
    if (left == 0 && (awaited == AwaitedEnd::sent || has_ended)) return {};
    if (left < under_way) {
      end = deadline.within(grace);
      pause = first_pause;
    }
    under_way = left;
    const auto until = end.within(pause);
    if ((has_ended ? pause_until(until) : wait_for_event(socket, POLLIN, until)) == Waited::interrupted)
      return {};
    pause = std::min(pause * 2, longest_pause);
  }
  return {};
}

}  // namespace ipcutils
