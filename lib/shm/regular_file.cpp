#include "regular_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <ipcutils/file_descriptor.hpp>
#include <ipcutils/signal_block.hpp>
#include <limits>

#include "../core/failure.hpp"
#include "../core/trust.hpp"

namespace ipcutils {

namespace {

constexpr std::uint64_t largest_file = std::numeric_limits<off_t>::max();

struct stat status_of(const FileDescriptor& file, const Place& place) {
  struct stat status;
  if (::fstat(file.get(), &status) != 0) fail(errno, "cannot inspect {}", place.description());
  return status;
}

off_t as_offset(std::uint64_t position, const Place& place) {
  if (position > largest_file) fail(EFBIG, "cannot seek in {}", place.description());
  return static_cast<off_t>(position);
}

bool is_same_file(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

class RegularFile final : public SharedMemory::Backend {
 public:
  RegularFile(Place place, FileDescriptor file) : m_place{std::move(place)}, m_file{std::move(file)} {}

  const Reference& reference() const noexcept override { return m_place.reference; }
  int descriptor() const noexcept override { return m_file.get(); }

  std::uint64_t size() const override {
    return static_cast<std::uint64_t>(status_of(m_file, m_place).st_size);
  }

  std::uint64_t capacity() const override { return largest_file; }

  std::uint64_t read_to(const Endpoint& to, std::uint64_t offset, const TransferOptions& options) override {
    seek(offset);
    return transfer(endpoint(), to, options);
  }

  std::uint64_t write_from(const Endpoint& from, std::uint64_t offset,
                           const TransferOptions& options) override {
    seek(offset);
    return transfer(from, endpoint(), options);
  }

  std::uint64_t length_until_nul(std::uint64_t offset, std::uint64_t length) const override {
    std::array<char, 64 * 1024> buffer;
    std::uint64_t scanned = 0;
    while (scanned < length) {
      const auto step = std::min<std::uint64_t>(buffer.size(), length - scanned);
      const off_t position = as_offset(offset + scanned, m_place);
      const ssize_t count =
          retry_on_eintr([&] { return ::pread(m_file.get(), buffer.data(), step, position); });
      if (count == -1) fail(errno, "cannot read {}", m_place.description());
      if (count == 0) break;
      const auto size = static_cast<std::size_t>(count);
      if (const auto* nul = std::memchr(buffer.data(), 0, size))
        return scanned + static_cast<std::uint64_t>(static_cast<const char*>(nul) - buffer.data());
      scanned += size;
    }
    return scanned;
  }

  // On failure fallocate(2) gives back what it had taken.
  void reserve(std::uint64_t offset, std::uint64_t length) override {
    const off_t begin = as_offset(offset, m_place);
    const off_t size = as_offset(length, m_place);
    if (retry_on_eintr([&] { return ::fallocate(m_file.get(), FALLOC_FL_KEEP_SIZE, begin, size); }) == 0)
      return;
    if (errno != EOPNOTSUPP) fail(errno, "cannot reserve {} bytes for {}", length, m_place.description());
  }

  void resize(std::uint64_t size) override {
    const off_t length = as_offset(size, m_place);
    if (retry_on_eintr([&] { return ::ftruncate(m_file.get(), length); }) != 0)
      fail(errno, "cannot resize {} to {} bytes", m_place.description(), size);
  }

  void remove() override {
    struct stat named;
    const auto path = m_place.path();
    if (::lstat(path.c_str(), &named) != 0 || !is_same_file(named, status_of(m_file, m_place)))
      fail(ENOENT, "cannot remove {}", m_place.description());
    if (::unlink(path.c_str()) != 0) fail(errno, "cannot remove {}", m_place.description());
  }

 private:
  void seek(std::uint64_t offset) const {
    if (::lseek(m_file.get(), as_offset(offset, m_place), SEEK_SET) == -1)
      fail(errno, "cannot seek in {}", m_place.description());
  }

  Endpoint endpoint() const { return {m_file.get(), m_place.description()}; }

  Place m_place;
  FileDescriptor m_file;
};

// Not O_CREAT, so that fs.protected_regular has no say; O_NONBLOCK, so that a FIFO in its place does not
// block.
FileDescriptor open_file(const Place& place, int access_mode) {
  const int flags = access_mode | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  const auto path = place.path();
  FileDescriptor file{retry_on_lease([&] { return ::open(path.c_str(), flags | O_NOFOLLOW); })};
  if (!file.is_open() && errno == ELOOP && place.may_follow_links())
    file.reset(retry_on_lease([&] { return ::open(path.c_str(), flags); }));
  if (file.is_open() || errno == ENOENT) return file;
  if (errno == ELOOP)
    throw Error{ELOOP, fmt::format("cannot open {}", place.description()),
                "a symbolic link is not followed there"};
  fail(errno, "cannot open {}", place.description());
}

void require_regular(const struct stat& status, const Place& place) {
  if (!S_ISREG(status.st_mode))
    throw Error::invalid(fmt::format("cannot use {}", place.description()), "it is not a regular file");
}

// What the path of a temporary name begins with. Shortened, so that the longest name leaves room for the
// rest.
std::string temporary_prefix(const Place& place) {
  return fmt::format("{}/.{}", place.directory, place.leaf.substr(0, 200));
}

// A file without a name where the file system has O_TMPFILE; otherwise with one that begins with '.', whose
// path is left in `temporary` then.
FileDescriptor make_file(const Place& place, std::string& temporary) {
  FileDescriptor file{::open(place.directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)};
  if (file.is_open()) return file;
  if (errno == EOPNOTSUPP || errno == EISDIR) {
    auto path = fmt::format("{}.XXXXXX", temporary_prefix(place));
    file.reset(::mkostemp(path.data(), O_CLOEXEC));
    if (file.is_open()) {
      temporary = std::move(path);
      return file;
    }
  }
  const int errnum = errno;
  const bool has_no_directory = errnum == ENOENT && place.directory == posix_shm_directory;
  throw Error{errnum, fmt::format("cannot create {}", place.description()),
              has_no_directory ? fmt::format("is {} mounted?", posix_shm_directory) : ""};
}

class RegularFileDraft final : public SharedMemoryDraft::Backend {
 public:
  // `file` is the object's, which the draft keeps; it outlives this.
  RegularFileDraft(Place place, SharedMemoryDraft::Options options, int file, std::string temporary)
      : m_place{std::move(place)},
        m_options{options},
        m_file{file},
        m_temporary{std::move(temporary)},
        m_has_temporary{!m_temporary.empty()} {}

  bool publish() override {
    set_mode(m_options.mode);
    if (link_to(m_place.path())) {
      discard();
      return true;
    }
    if (m_options.collision == SharedMemoryDraft::Collision::fail) return false;
    take_after_old();
    replace_old();
    return true;
  }

  // Called by handlers of signals: no memory is allocated or freed.
  void discard() noexcept override {
    if (m_has_temporary) ::unlink(m_temporary.c_str());
    m_has_temporary = false;
  }

 private:
  // The umask does not apply to fchmod(2).
  void set_mode(mode_t mode) const {
    if (::fchmod(m_file, mode) != 0) fail(errno, "cannot set the mode of {}", m_place.description());
  }

  // Gives the file a further name; false when there is such a name.
  bool link_to(const std::string& path) const {
    const auto self = fmt::format("/proc/self/fd/{}", m_file);
    if (::linkat(AT_FDCWD, self.c_str(), AT_FDCWD, path.c_str(), AT_SYMLINK_FOLLOW) == 0) return true;
    // Without /proc a privileged process can still link by descriptor.
    if (errno == ENOENT && ::linkat(m_file, "", AT_FDCWD, path.c_str(), AT_EMPTY_PATH) == 0) return true;
    if (errno == EEXIST) return false;
    fail(errno, "cannot create {}", m_place.description());
  }

  // Owner and mode of the object to be replaced.
  void take_after_old() const {
    struct stat old;
    const auto path = m_place.path();
    if (::lstat(path.c_str(), &old) != 0) {
      if (errno == ENOENT) return;
      fail(errno, "cannot replace {}", m_place.description());
    }
    require_regular(old, m_place);
    require_trusted_owner(old.st_uid, m_place.reference, m_options.replaceable);
    if (::fchown(m_file, old.st_uid, old.st_gid) != 0)
      fail(errno, "cannot keep the owner of {}", m_place.description());
    set_mode(old.st_mode & 0777);
  }

  // linkat(2) never replaces and rename(2) needs a name, so for a moment there is a temporary one.
  void replace_old() {
    const SignalBlock block;  // so that only SIGKILL can leave that name behind
    for (unsigned attempt = 0; !m_has_temporary; ++attempt) {
      m_temporary = fmt::format("{}.{}.{}", temporary_prefix(m_place), ::getpid(), attempt);
      m_has_temporary = link_to(m_temporary);
    }
    if (::rename(m_temporary.c_str(), m_place.path().c_str()) != 0) {
      const int errnum = errno;
      discard();
      fail(errnum, "cannot replace {}", m_place.description());
    }
    m_has_temporary = false;
  }

  Place m_place;
  SharedMemoryDraft::Options m_options;
  int m_file;
  std::string m_temporary;  // path of the temporary name
  bool m_has_temporary;     // whether there is one
};

}  // namespace

FileDescriptor open_regular_file(const Place& place, int access_mode, Trust trust) {
  auto file = open_file(place, access_mode);
  if (!file.is_open()) return file;
  const auto status = status_of(file, place);
  require_regular(status, place);
  require_trusted_owner(status.st_uid, place.reference, trust);
  return file;
}

std::unique_ptr<SharedMemory::Backend> open_regular_file_if_exists(const Place& place, Access access,
                                                                   Trust trust) {
  auto file = open_regular_file(place, access == Access::read ? O_RDONLY : O_WRONLY, trust);
  if (!file.is_open()) return nullptr;
  return std::make_unique<RegularFile>(place, std::move(file));
}

SharedMemoryDraft begin_regular_file(const Place& place, const SharedMemoryDraft::Options& options) {
  std::string temporary;
  auto file = std::make_unique<RegularFile>(place, make_file(place, temporary));
  auto draft = std::make_unique<RegularFileDraft>(place, options, file->descriptor(), std::move(temporary));
  SharedMemoryDraft made{SharedMemory{std::move(file)}, std::move(draft)};
  if (options.size) made.object().resize(*options.size);
  return made;
}

bool remove_regular_file_if_exists(const Place& place) {
  struct stat status;
  const auto path = place.path();
  if (::lstat(path.c_str(), &status) == 0) {
    if (!S_ISREG(status.st_mode))
      throw Error::invalid(fmt::format("cannot remove {}", place.description()), "it is not a regular file");
    if (::unlink(path.c_str()) == 0) return true;
  }
  if (errno == ENOENT) return false;
  fail(errno, "cannot remove {}", place.description());
}

}  // namespace ipcutils
