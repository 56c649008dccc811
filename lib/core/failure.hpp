// How the library throws, and how it calls the system. Internal.
#pragma once

#include <fmt/format.h>
#include <cerrno>
#include <ipcutils/error.hpp>
#include <ipcutils/wait.hpp>
#include <utility>

namespace ipcutils {

// Throws Error with an attempt formatted from the arguments. errno is taken by value before anything is
// formatted.
template <typename... Args>
[[noreturn]] void fail(int errnum, fmt::format_string<Args...> format, Args&&... args) {
  throw Error{errnum, fmt::format(format, std::forward<Args>(args)...)};
}

// Repeats a system call that returns -1 on failure as long as a signal interrupts it.
template <typename Call>
auto retry_on_eintr(Call call) {
  auto result = call();
  while (result == -1 && errno == EINTR) result = call();
  return result;
}

// Opens a file by a call that never waits, which fails (EAGAIN) while somebody has a lease on it: for a
// moment, as when it is asked whether the file is in use.
template <typename Call>
auto retry_on_lease(Call call) {
  constexpr int attempts = 1000;  // a millisecond each
  auto result = retry_on_eintr(call);
  for (int i = 0; i < attempts && result == -1 && errno == EAGAIN; ++i) {
    pause_until(Deadline::after(std::chrono::milliseconds{1}));
    result = retry_on_eintr(call);
  }
  return result;
}

}  // namespace ipcutils
