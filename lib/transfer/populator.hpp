// Page faults of mappings, taken many at a time. Internal.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

namespace ipcutils {

// What is populated ahead of the call that copies to or from it.
inline constexpr std::size_t populate_size = 2 * 1024 * 1024;

// Less than that is mostly a buffer of the caller, which has its pages.
inline constexpr std::size_t worth_populating = 256 * 1024;

// Populating a step at once is cheaper than one fault after the other within read(2) or write(2). It is only
// advice: the call that needs a page reports what cannot be populated.
class Populator {
 public:
  Populator(std::span<const std::byte> memory, int advice) noexcept
      : m_next{memory.data()}, m_end{memory.data() + memory.size()}, m_advice{advice} {
    if (memory.size() < worth_populating) m_next = m_end;
  }

  void reach(const std::byte* position) noexcept {
    if (position < m_next || m_next == m_end) return;
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    const auto misalignment = reinterpret_cast<std::uintptr_t>(m_next) % page;
    const auto size = std::min(populate_size, static_cast<std::size_t>(m_end - m_next));
    ::madvise(const_cast<std::byte*>(m_next) - misalignment, size + misalignment, m_advice);
    m_next += size;
  }

 private:
  const std::byte* m_next;
  const std::byte* m_end;
  int m_advice;
};

}  // namespace ipcutils
