// Memory that a process gives to another one by a descriptor, and that nobody can change any more.
#pragma once

#include <cstddef>
#include <ipcutils/export.hpp>
#include <ipcutils/file_descriptor.hpp>
#include <span>
#include <utility>

namespace ipcutils {

// The maker creates a file in memory, writes to it, seals it and passes its descriptor on (SCM_RIGHTS of
// unix(7)). Whoever gets that opens it as SealedMemory, which shows what the maker has written without a
// copy: the seals forbid everybody, also the maker, to write to it and to change its size, so reading it
// cannot raise SIGBUS. Move-only. Manual pages: memfd_create(2), F_ADD_SEALS of fcntl(2).
class IPCUTILS_EXPORT SealedMemory {
 public:
  // An empty file that can be sealed. Errors: EMFILE, ENFILE, ENOMEM.
  static FileDescriptor create();

  // No mapping of it may be writable. Errors: EBUSY, one is; EINVAL, EPERM: it cannot be sealed.
  static void seal(int fd);

  // The three steps of the maker for content that is there already. Errors: also ENOSPC.
  static FileDescriptor make(std::span<const std::byte> content);

  // Maps all of it. Errors: EPERM, it is not sealed; EINVAL, it is no file in memory; ENOMEM.
  explicit SealedMemory(FileDescriptor passed);

  SealedMemory(SealedMemory&& other) noexcept : m_data{std::exchange(other.m_data, {})} {}
  SealedMemory& operator=(SealedMemory&& other) noexcept {
    std::swap(m_data, other.m_data);
    return *this;
  }
  ~SealedMemory();

  std::span<const std::byte> data() const noexcept { return m_data; }

 private:
  std::span<const std::byte> m_data;  // mapped; empty: nothing is
};

}  // namespace ipcutils
