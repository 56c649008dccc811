#include "regular_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <span>

#include "../core/failure.hpp"
#include "../file/draft.hpp"
#include "../file/object_file.hpp"
#include "../file/room.hpp"

namespace ipcutils {

namespace {

constexpr std::uint64_t largest_file = std::numeric_limits<off_t>::max();

off_t as_offset(std::uint64_t position, const Reference& reference) {
  if (position > largest_file) fail(EFBIG, "cannot seek in {}", reference.description());
  return static_cast<off_t>(position);
}

class RegularFile final : public SharedMemory::Backend {
 public:
  RegularFile(Reference reference, std::shared_ptr<const NamedFile> file)
      : m_reference{std::move(reference)}, m_file{std::move(file)} {}

  const Reference& reference() const noexcept override { return m_reference; }
  int descriptor() const noexcept override { return m_file->descriptor(); }
  bool is_removed() const override { return m_file->is_removed(); }

  std::uint64_t size() const override { return static_cast<std::uint64_t>(m_file->status().st_size); }

  std::uint64_t capacity() const override { return largest_file; }

  std::uint64_t read_to(const Endpoint& to, std::uint64_t offset, const TransferOptions& options) override {
    seek(offset);
    return transfer(endpoint(), to, options);
  }

  std::uint64_t write_from(const Endpoint& from, std::uint64_t offset,
                           const TransferOptions& options) override {
    seek(offset);
    try {
      return transfer(from, endpoint(), options);
    } catch (const Error& error) {
      if (error.code() != std::errc::no_space_on_device) throw;
      fail_for_room(ENOSPC, "{}", error.attempt());
    }
  }

  std::size_t read(std::span<std::byte> to, std::uint64_t offset) const override {
    std::size_t done = 0;
    while (done < to.size()) {
      const auto rest = to.subspan(done);
      const off_t position = as_offset(offset + done, m_reference);
      const ssize_t count =
          retry_on_eintr([&] { return ::pread(m_file->descriptor(), rest.data(), rest.size(), position); });
      if (count == -1) fail(errno, "cannot read {}", m_reference.description());
      if (count == 0) break;
      done += static_cast<std::size_t>(count);
    }
    return done;
  }

  std::size_t write(std::span<const std::byte> from, std::uint64_t offset) override {
    std::size_t done = 0;
    while (done < from.size()) {
      const auto rest = from.subspan(done);
      const off_t position = as_offset(offset + done, m_reference);
      const ssize_t count =
          retry_on_eintr([&] { return ::pwrite(m_file->descriptor(), rest.data(), rest.size(), position); });
      if (count == -1) fail_for_room(errno, "cannot write {}", m_reference.description());
      done += static_cast<std::size_t>(count);
    }
    return done;
  }

  std::uint64_t length_until_nul(std::uint64_t offset, std::uint64_t length) const override {
    std::array<std::byte, 64 * 1024> buffer;
    std::uint64_t scanned = 0;
    while (scanned < length) {
      const auto step = std::min<std::uint64_t>(buffer.size(), length - scanned);
      const auto size = read(std::span{buffer}.first(step), offset + scanned);
      if (size == 0) break;
      if (const auto* nul = std::memchr(buffer.data(), 0, size))
        return scanned + static_cast<std::uint64_t>(static_cast<const std::byte*>(nul) - buffer.data());
      scanned += size;
    }
    return scanned;
  }

  // On failure fallocate(2) gives back what it had taken.
  void reserve(std::uint64_t offset, std::uint64_t length) override {
    const off_t begin = as_offset(offset, m_reference);
    const off_t size = as_offset(length, m_reference);
    if (retry_on_eintr([&] { return ::fallocate(m_file->descriptor(), FALLOC_FL_KEEP_SIZE, begin, size); }) ==
        0)
      return;
    if (errno == EOPNOTSUPP) return;
    fail_for_room(errno, "cannot reserve {} bytes for {}", length, m_reference.description());
  }

  void resize(std::uint64_t size) override {
    const off_t length = as_offset(size, m_reference);
    if (retry_on_eintr([&] { return ::ftruncate(m_file->descriptor(), length); }) != 0)
      fail(errno, "cannot resize {} to {} bytes", m_reference.description(), size);
  }

  void remove() override {
    if (!m_file->remove_if_same()) fail(ENOENT, "cannot remove {}", m_reference.description());
  }

 private:
  void seek(std::uint64_t offset) const {
    if (::lseek(m_file->descriptor(), as_offset(offset, m_reference), SEEK_SET) == -1)
      fail(errno, "cannot seek in {}", m_reference.description());
  }

  template <typename... Args>
  [[noreturn]] void fail_for_room(int errnum, fmt::format_string<Args...> format, Args&&... args) const {
    throw Error{errnum, fmt::format(format, std::forward<Args>(args)...),
                hint_at_room(errnum, m_file->descriptor(), m_reference)};
  }

  Endpoint endpoint() const { return {m_file->descriptor(), m_reference.description()}; }

  Reference m_reference;
  std::shared_ptr<const NamedFile> m_file;
};

class RegularFileDraft final : public SharedMemoryDraft::Backend {
 public:
  RegularFileDraft(FileDraft draft, const SharedMemoryDraft::Options& options)
      : m_draft{std::move(draft)}, m_options{options} {}

  bool publish() override {
    if (m_draft.publish(m_options.mode)) return true;
    if (m_options.collision == SharedMemoryDraft::Collision::fail) return false;
    m_draft.replace(m_options.replaceable);
    return true;
  }

  void discard() noexcept override { m_draft.discard(); }

 private:
  FileDraft m_draft;
  SharedMemoryDraft::Options m_options;
};

}  // namespace

std::unique_ptr<SharedMemory::Backend> open_regular_file_if_exists(const Reference& reference, Access access,
                                                                   Trust trust) {
  auto file = open_object_file_if_exists(reference, access == Access::read ? O_RDONLY : O_WRONLY, trust);
  if (!file) return nullptr;
  if (trust != Trust::anybody) require_only_name(file->name(), file->status(), reference);
  return std::make_unique<RegularFile>(reference, std::make_shared<const NamedFile>(std::move(*file)));
}

SharedMemoryDraft begin_regular_file(const Reference& reference, const SharedMemoryDraft::Options& options) {
  const auto name = object_file(reference);
  const bool replaces = options.collision == SharedMemoryDraft::Collision::replace;
  FileDraft draft{reference, replaces ? name.behind_link() : name};
  auto file = std::make_unique<RegularFile>(reference, draft.file());
  SharedMemoryDraft made{SharedMemory{std::move(file)},
                         std::make_unique<RegularFileDraft>(std::move(draft), options)};
  if (options.size) made.object().resize(*options.size);
  return made;
}

}  // namespace ipcutils
