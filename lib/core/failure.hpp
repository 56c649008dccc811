// How the library throws, and how it calls the system. Internal.
#pragma once

#include <fmt/format.h>

#include <cerrno>
#include <ipcutils/error.hpp>
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

}  // namespace ipcutils
