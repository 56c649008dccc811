// Arithmetic on sizes that other processes may change at any time.
#pragma once

#include <cstdint>

namespace ipcutils {

// The bytes from `begin` to `end`; 0 where `end` lies before it, as it can where the two were asked for at
// different moments. A plain subtraction gives nearly 2^64 then.
constexpr std::uint64_t bytes_between(std::uint64_t begin, std::uint64_t end) noexcept {
  return begin < end ? end - begin : 0;
}

}  // namespace ipcutils
