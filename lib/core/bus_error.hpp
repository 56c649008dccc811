// Touching memory that another process may pull away. Internal.
#pragma once

#include <cstddef>
#include <span>

namespace ipcutils {

// While it lives, touching a page of a mapping whose file has been shortened is no SIGBUS: pages of zeros,
// which nobody shares, take the place of the whole mapping. Other bus errors are as ever. Any thread may have
// any number of them, of mappings that do not overlap.
class BusErrorGuard {
 public:
  explicit BusErrorGuard(std::span<std::byte> mapping);
  BusErrorGuard(const BusErrorGuard&) = delete;
  BusErrorGuard& operator=(const BusErrorGuard&) = delete;
  ~BusErrorGuard();

  bool has_failed() const noexcept;  // whether that has happened

  struct Region;

 private:
  Region& m_region;
};

}  // namespace ipcutils
