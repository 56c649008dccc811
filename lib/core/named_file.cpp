#include "named_file.hpp"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <ipcutils/quote.hpp>
#include <ipcutils/signal_block.hpp>

#include "failure.hpp"

namespace ipcutils {

namespace {

constexpr std::size_t longest_leaf_kept = 200;  // of the 255 bytes a name may have

std::string path_of_descriptor(int fd) { return fmt::format("/proc/self/fd/{}", fd); }

bool is_without_proc() { return ::access("/proc/self/fd", F_OK) != 0; }

// Gives a file back the name that was taken from it, unless somebody has removed it meanwhile.
void give_back(const FileName& aside, const FileName& name) {
  if (aside.rename_to_unused(name) == 0 || errno == ENOENT) return;
  throw Error{errno, fmt::format("cannot give {} its name back", name.description()),
              fmt::format("it is now {}, and mv -n gives it a name", quote(aside.path()))};
}

}  // namespace

std::string directory_of(const std::string& path) {
  const auto slash = path.rfind('/') + 1;  // 0: there is none
  return slash == 0 ? "." : path.substr(0, slash);
}

FileName FileName::of(const std::string& path, const std::string& noun) {
  return described(path, noun.empty() ? quote(path) : fmt::format("{} {}", noun, quote(path)));
}

FileName FileName::described(const std::string& path, std::string description) {
  auto leaf = path.substr(path.rfind('/') + 1);
  // "x/" means the directory itself.
  FileName name{path, leaf.empty() ? "." : std::move(leaf), std::move(description)};
  name.m_directory = std::make_shared<const FileDescriptor>(
      path.empty() ? -1 : ::open(directory_of(path).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  return name;
}

FileName FileName::sibling(std::string leaf) const {
  FileName name{m_path.substr(0, m_path.rfind('/') + 1) + leaf, leaf, m_description};
  name.m_directory = m_directory;
  return name;
}

FileName FileName::behind_link() const {
  struct stat status;
  if (FileName::status(status) != 0 || !S_ISLNK(status.st_mode) || !links_may_be_followed()) return *this;
  const std::unique_ptr<char, void (*)(void*)> path{::realpath(m_path.c_str(), nullptr), std::free};
  return path ? described(path.get(), m_description) : *this;
}

FileName FileName::temporary(unsigned number) const {
  return sibling(fmt::format(".{}.{}.{}", m_leaf.substr(0, longest_leaf_kept), ::getpid(), number));
}

bool FileName::links_may_be_followed() const {
  struct stat status;
  return has_directory() && ::fstat(directory(), &status) == 0 && (status.st_mode & S_ISVTX) == 0;
}

std::string FileName::directory_path() const { return path_of_descriptor(m_directory->get()); }

FileDescriptor FileName::open(int flags, mode_t mode) const {
  return FileDescriptor{::openat(directory(), name(), flags | O_CLOEXEC, mode)};
}

int FileName::status(struct stat& status, int flags) const {
  return ::fstatat(directory(), name(), &status, flags);
}

int FileName::make_fifo(mode_t mode) const { return ::mkfifoat(directory(), name(), mode); }

int FileName::set_mode(mode_t mode) const { return ::fchmodat(directory(), name(), mode, 0); }

int FileName::link(const std::string& old_path, int flags) const {
  return ::linkat(AT_FDCWD, old_path.c_str(), directory(), name(), flags);
}

int FileName::link(int file) const { return ::linkat(file, "", directory(), name(), AT_EMPTY_PATH); }

int FileName::rename_to(const FileName& other) const {
  return ::renameat(directory(), name(), other.directory(), other.name());
}

int FileName::rename_to_unused(const FileName& other) const {
  return ::renameat2(directory(), name(), other.directory(), other.name(), RENAME_NOREPLACE);
}

int FileName::remove() const noexcept { return ::unlinkat(directory(), name(), 0); }

FileDescriptor FileName::open_unnamed() const {
  if (has_directory())
    return FileDescriptor{::openat(directory(), ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)};
  struct stat status;
  FileName::status(status);  // for errno
  return {};
}

std::optional<NamedFile> NamedFile::open_if_exists(FileName name, int flags, Links links) {
  const bool follows = links == Links::followed_unless_sticky && name.links_may_be_followed();
  auto file =
      FileDescriptor{retry_on_lease([&] { return name.open(flags | (follows ? 0 : O_NOFOLLOW)).release(); })};
  if (!file.is_open() && errno == ENOENT) return std::nullopt;
  const int errnum = file.is_open() ? 0 : errno;
  NamedFile opened{std::move(name), std::move(file)};
  const bool is_refused_link = errnum == ELOOP || (errnum == 0 && !follows && (flags & O_PATH) != 0 &&
                                                   S_ISLNK(opened.status().st_mode));
  if (is_refused_link && links == Links::followed_unless_sticky)
    throw Error{ELOOP, fmt::format("cannot open {}", opened.m_name.description()),
                "a symbolic link is not followed in a sticky directory"};
  if (errnum != 0) fail(errnum, "cannot open {}", opened.m_name.description());
  return opened;
}

std::optional<NamedFile> NamedFile::make_temporary(const FileName& beside) {
  FileDescriptor file;
  auto name = beside.make_temporary([&](const FileName& unused) {
    file = unused.open(O_RDWR | O_CREAT | O_EXCL, 0600);
    return file.is_open() ? 0 : -1;
  });
  if (!name) return std::nullopt;
  return NamedFile{std::move(*name), std::move(file)};
}

struct stat NamedFile::status() const {
  struct stat status;
  if (::fstat(m_file.get(), &status) != 0) fail(errno, "cannot inspect {}", m_name.description());
  return status;
}

bool NamedFile::is_at(const FileName& name) const {
  struct stat named;
  return name.status(named) == 0 && is_same_file(named, status());
}

bool NamedFile::is_named() const { return is_at(m_name); }

bool NamedFile::is_removed() const { return status().st_nlink == 0; }

// Any look at a name and unlink(2) have a moment between them in which another file can take the name. Under
// the temporary name there is none. A signal must not end the process while a file has it.
bool NamedFile::remove_if_same() const {
  if (!is_named()) return false;
  const SignalBlock block;
  const auto aside =
      m_name.make_temporary([&](const FileName& unused) { return m_name.rename_to_unused(unused); });
  if (!aside && errno == ENOENT) return false;
  if (aside && !is_at(*aside)) {
    give_back(*aside, m_name);
    return false;
  }
  if (aside.value_or(m_name).remove() == 0) return true;
  const int errnum = errno;
  if (errnum == ENOENT) return false;
  if (aside) give_back(*aside, m_name);
  fail(errnum, "cannot remove {}", m_name.description());
}

std::string NamedFile::path_of_inode() const { return path_of_descriptor(m_file.get()); }

FileDescriptor NamedFile::reopen(int flags) const {
  FileDescriptor file{::open(path_of_inode().c_str(), flags | O_CLOEXEC)};
  if (file.is_open() || errno != ENOENT || !is_without_proc()) return file;
  file = m_name.open(flags | O_NOFOLLOW);
  struct stat opened;
  if (file.is_open() && (::fstat(file.get(), &opened) != 0 || !is_same_file(opened, status()))) {
    file.reset();
    errno = ESTALE;
  }
  return file;
}

int NamedFile::set_mode(mode_t mode) const {
  const int result = ipcutils::set_mode(m_file.get(), mode);
  if (result == 0 || errno != ENOSYS || !is_without_proc()) return result;
  if (is_named()) return m_name.set_mode(mode);
  errno = ESTALE;
  return -1;
}

// Not fchmod(2), which refuses a descriptor that took no permission to open (O_PATH).
int set_mode(int file, mode_t mode) {
  constexpr long fchmodat2 = 452;  // since Linux 6.6; newer than the headers of some systems
  const int result = ::chmod(path_of_descriptor(file).c_str(), mode);
  if (result == 0 || errno != ENOENT || !is_without_proc()) return result;
  return static_cast<int>(::syscall(fchmodat2, file, "", mode, AT_EMPTY_PATH));
}

int set_owner(int file, uid_t owner, gid_t group) {
  return ::fchownat(file, "", owner, group, AT_EMPTY_PATH);
}

}  // namespace ipcutils
