#include <fcntl.h>

#include <ipcutils/file_descriptor.hpp>
#include <ipcutils/file_watch.hpp>
#include <ipcutils/shared_memory.hpp>

#include "../core/backoff.hpp"
#include "../core/failure.hpp"
#include "../file/object_file.hpp"
#include "backend.hpp"
#include "regular_file.hpp"
#include "sysv.hpp"

namespace ipcutils {

namespace {

bool is_file(const Reference& reference) { return object_path(reference).has_value(); }

}  // namespace

std::optional<SharedMemory> SharedMemory::open_if_exists(const Reference& reference, Access access,
                                                         Trust trust) {
  auto backend = is_file(reference) ? open_regular_file_if_exists(reference, access, trust)
                                    : open_segment_if_exists(reference, access, trust);
  if (!backend) return std::nullopt;
  return SharedMemory{std::move(backend)};
}

SharedMemory SharedMemory::open(const Reference& reference, Access access, Trust trust) {
  if (auto found = open_if_exists(reference, access, trust)) return std::move(*found);
  fail(ENOENT, "cannot open shared memory {}", reference.quoted());
}

std::optional<SharedMemory> SharedMemory::wait_for(const Reference& reference, Access access,
                                                   const Deadline& deadline) {
  const auto look = [&] { return open_if_exists(reference, access); };
  const auto path = object_path(reference);
  if (!path) return poll_with_backoff(deadline, look);
  for (;;) {
    const auto watch = FileWatch::of_names_in(directory_of(*path));
    if (auto found = look()) return found;
    if (deadline.has_passed()) return std::nullopt;
    watch.wait(deadline);
  }
}

std::optional<Reference> SharedMemory::create(const Reference& reference, std::uint64_t size, mode_t mode) {
  if (!is_file(reference)) return create_segment(reference, size, mode);
  auto draft = begin_regular_file(reference, {.size = size, .mode = mode});
  draft.object().reserve(0, size);
  if (!draft.publish()) return std::nullopt;
  return reference;
}

bool SharedMemory::remove_if_exists(const Reference& reference) {
  return is_file(reference) ? remove_object_file_if_exists(reference) : remove_segment_if_exists(reference);
}

SharedMemory::SharedMemory(std::unique_ptr<Backend> backend) : m_backend{std::move(backend)} {}
SharedMemory::SharedMemory(SharedMemory&&) noexcept = default;
SharedMemory& SharedMemory::operator=(SharedMemory&&) noexcept = default;
SharedMemory::~SharedMemory() = default;

const Reference& SharedMemory::reference() const noexcept { return m_backend->reference(); }

std::uint64_t SharedMemory::size() const { return m_backend->size(); }

std::uint64_t SharedMemory::capacity() const { return m_backend->capacity(); }

int SharedMemory::descriptor() const noexcept { return m_backend->descriptor(); }

bool SharedMemory::is_removed() const { return m_backend->is_removed(); }

std::uint64_t SharedMemory::read_to(const Endpoint& to, std::uint64_t offset,
                                    const TransferOptions& options) const {
  return m_backend->read_to(to, offset, options);
}

std::uint64_t SharedMemory::write_from(const Endpoint& from, std::uint64_t offset,
                                       const TransferOptions& options) {
  return m_backend->write_from(from, offset, options);
}

std::size_t SharedMemory::read(std::span<std::byte> to, std::uint64_t offset) const {
  return m_backend->read(to, offset);
}

std::size_t SharedMemory::write(std::span<const std::byte> from, std::uint64_t offset) {
  return m_backend->write(from, offset);
}

std::uint64_t SharedMemory::length_until_nul(std::uint64_t offset, std::uint64_t length) const {
  return m_backend->length_until_nul(offset, length);
}

void SharedMemory::zero(std::uint64_t offset, std::uint64_t length) {
  if (length == 0) return;
  const FileDescriptor zeros{::open("/dev/zero", O_RDONLY | O_CLOEXEC)};
  if (!zeros.is_open()) fail(errno, "cannot open '/dev/zero'");
  m_backend->write_from({zeros.get(), "'/dev/zero'"}, offset, {.length = length});
}

void SharedMemory::reserve(std::uint64_t offset, std::uint64_t length) {
  if (length > 0) m_backend->reserve(offset, length);
}

void SharedMemory::resize(std::uint64_t size) { m_backend->resize(size); }

void SharedMemory::remove() { m_backend->remove(); }

std::optional<SharedMemoryDraft> SharedMemoryDraft::begin(const Reference& reference,
                                                          const Options& options) {
  if (is_file(reference)) return begin_regular_file(reference, options);
  return begin_segment(reference, options);
}

bool SharedMemoryDraft::has_fixed_size(const Reference& reference) noexcept { return !is_file(reference); }

SharedMemoryDraft::SharedMemoryDraft(SharedMemory object, std::unique_ptr<Backend> backend)
    : m_object{std::move(object)}, m_backend{std::move(backend)} {}
SharedMemoryDraft::SharedMemoryDraft(SharedMemoryDraft&&) noexcept = default;
SharedMemoryDraft& SharedMemoryDraft::operator=(SharedMemoryDraft&&) noexcept = default;

SharedMemoryDraft::~SharedMemoryDraft() { discard(); }

SharedMemory& SharedMemoryDraft::object() noexcept { return m_object; }

bool SharedMemoryDraft::publish() { return m_backend->publish(); }

void SharedMemoryDraft::discard() noexcept {
  if (m_backend) m_backend->discard();
}

}  // namespace ipcutils
