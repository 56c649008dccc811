// Touching memory that another process may pull away. Internal.
#pragma once

#include <cstddef>
#include <span>

namespace ipcutils {

// While it lives, touching a page of a mapping whose file has been shortened is no SIGBUS: a page of zeros,
// which nobody shares, takes its place. Other bus errors are as ever. One at a time in a process.
class BusErrorGuard {
 public:
  explicit BusErrorGuard(std::span<std::byte> mapping) noexcept;
  BusErrorGuard(const BusErrorGuard&) = delete;
  BusErrorGuard& operator=(const BusErrorGuard&) = delete;
  ~BusErrorGuard();

  bool has_failed() const noexcept;  // whether that has happened
};

}  // namespace ipcutils
