#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <ipcutils/sealed_memory.hpp>

#include "../core/failure.hpp"
#include "../core/write_whole.hpp"

namespace ipcutils {

namespace {

constexpr int needed_seals = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW;

}  // namespace

FileDescriptor SealedMemory::create() {
  FileDescriptor file{::memfd_create("sealed", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
  if (!file.is_open()) fail(errno, "cannot make a file in memory");
  return file;
}

void SealedMemory::seal(int fd) {
  if (::fcntl(fd, F_ADD_SEALS, needed_seals | F_SEAL_SEAL) == -1) fail(errno, "cannot seal a file in memory");
}

FileDescriptor SealedMemory::make(std::span<const std::byte> content) {
  auto file = create();
  if (!write_whole(file.get(), content)) fail(errno, "cannot write to a file in memory");
  seal(file.get());
  return file;
}

SealedMemory::SealedMemory(FileDescriptor passed) {
  const int seals = ::fcntl(passed.get(), F_GET_SEALS);
  if (seals == -1) fail(errno, "cannot read the seals of a file in memory");
  if ((seals & needed_seals) != needed_seals)
    throw Error::because(EPERM, "cannot trust a file in memory", "it is not sealed, so it could change");
  struct stat status;
  if (::fstat(passed.get(), &status) == -1) fail(errno, "cannot read the size of a file in memory");
  if (status.st_size == 0) return;
  const auto size = static_cast<std::size_t>(status.st_size);
  // Kernels before 6.7 refuse MAP_SHARED for a file that is sealed against writing.
  const void* const mapping = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, passed.get(), 0);
  if (mapping == MAP_FAILED) fail(errno, "cannot map a file in memory");
  m_data = {static_cast<const std::byte*>(mapping), size};
}

SealedMemory::~SealedMemory() {
  if (!m_data.empty()) ::munmap(const_cast<std::byte*>(m_data.data()), m_data.size());
}

}  // namespace ipcutils
