#include "mapped_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../core/failure.hpp"
#include "../file/object_file.hpp"
#include "beginning.hpp"
#include "slot_lock.hpp"

namespace ipcutils::mailbox {

std::unique_ptr<MappedFile> MappedFile::open_if_exists(const Reference& reference, Trust trust) {
  auto file = open_object_file_if_exists(reference, O_RDWR, trust);
  if (!file) return nullptr;
  if (trust != Trust::anybody) require_only_name(file->name(), file->status(), reference);
  const auto beginning = read_beginning(file->descriptor());
  if (!beginning)
    throw Error::invalid(fmt::format("cannot use {}", reference.description()), "the file is no mailbox",
                         "mailbox(5) describes the files that are");
  return std::unique_ptr<MappedFile>{new MappedFile{reference, std::move(*file), *beginning}};
}

MappedFile::MappedFile(const Reference& reference, NamedFile file, const Beginning& beginning)
    : m_reference{reference},
      m_file{std::move(file)},
      m_capacity{beginning.capacity},
      m_on_full{beginning.on_full} {
  const std::size_t once = beginning.ring_offset + m_capacity;
  const auto map = [&](void* address, std::size_t size, int protection, int flags, int fd,
                       std::size_t offset) {
    void* const memory = ::mmap(address, size, protection, flags, fd, static_cast<off_t>(offset));
    if (memory == MAP_FAILED) fail(errno, "cannot map {}", m_reference.description());
    return static_cast<std::byte*>(memory);
  };
  constexpr int both = PROT_READ | PROT_WRITE;
  auto* const begin =
      map(nullptr, once + m_capacity, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  m_memory = {begin, once + m_capacity};
  try {
    map(begin, once, both, MAP_SHARED | MAP_FIXED, m_file.descriptor(), 0);
    map(begin + once, m_capacity, both, MAP_SHARED | MAP_FIXED, m_file.descriptor(), beginning.ring_offset);
    m_guard.emplace(m_memory);
  } catch (...) {
    ::munmap(m_memory.data(), m_memory.size());
    throw;
  }
  m_content = reinterpret_cast<Content*>(begin);
  m_ring = begin + beginning.ring_offset;
}

MappedFile::~MappedFile() {
  m_guard.reset();
  ::munmap(m_memory.data(), m_memory.size());
}

bool MappedFile::lock_slot(std::uint32_t index) const {
  auto lock = lock_of_slot(index, F_WRLCK);
  if (::fcntl(m_file.descriptor(), F_OFD_SETLK, &lock) == 0) return true;
  if (errno == EAGAIN || errno == EACCES) return false;
  fail(errno, "cannot lock {}", m_reference.description());
}

void MappedFile::unlock_slot(std::uint32_t index) const noexcept {
  auto lock = lock_of_slot(index, F_UNLCK);
  ::fcntl(m_file.descriptor(), F_OFD_SETLK, &lock);
}

bool MappedFile::is_slot_locked(std::uint32_t index) const {
  const auto is_locked = mailbox::is_slot_locked(m_file.descriptor(), index);
  if (!is_locked) fail(errno, "cannot inspect {}", m_reference.description());
  return *is_locked;
}

void MappedFile::fail_damaged(const char* reason) const {
  throw Error{EBADMSG, fmt::format("cannot use {}", m_reference.description()),
              fmt::format("{}; remove it and create it again", reason)};
}

void MappedFile::require_not_removed() const {
  require_whole();
  if (m_content->header.is_removed.load(std::memory_order_relaxed) != 0)
    fail(EIDRM, "cannot use {}", m_reference.description());
}

void MappedFile::require_exists() const {
  require_not_removed();
  if (m_file.is_removed()) fail(EIDRM, "cannot use {}", m_reference.description());
}

}  // namespace ipcutils::mailbox
