// Writing all of it. Internal.
#pragma once

#include <unistd.h>

#include <cstddef>
#include <span>

#include "failure.hpp"

namespace ipcutils {

// False and errno on failure. A limit of the file's size (RLIMIT_FSIZE) lets one write(2) end early, without
// an errno; the next one has it.
inline bool write_whole(int file, std::span<const std::byte> content) {
  while (!content.empty()) {
    const auto count = retry_on_eintr([&] { return ::write(file, content.data(), content.size()); });
    if (count == -1) return false;
    content = content.subspan(static_cast<std::size_t>(count));
  }
  return true;
}

}  // namespace ipcutils
