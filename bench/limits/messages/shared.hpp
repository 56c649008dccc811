// Memory that a process shares with those that it forks.
#pragma once

#include <sys/mman.h>

#include <cerrno>
#include <cstddef>

#include "channel.hpp"

class SharedBytes {
 public:
  explicit SharedBytes(std::size_t size) : m_size{size} {
    m_address = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (m_address == MAP_FAILED) fail(errno, "mmap");
  }
  SharedBytes(const SharedBytes&) = delete;
  SharedBytes& operator=(const SharedBytes&) = delete;
  ~SharedBytes() { munmap(m_address, m_size); }
  std::byte* data() const { return static_cast<std::byte*>(m_address); }

 private:
  std::size_t m_size;
  void* m_address;
};
