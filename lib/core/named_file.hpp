// Files by name: a directory that is held open, a name in it, and the inode that was opened. Internal.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>

#include <ipcutils/file_descriptor.hpp>
#include <memory>
#include <optional>
#include <string>

namespace ipcutils {

// The directory part of a path: "." when it has none.
std::string directory_of(const std::string& path);

// A name in a directory. It stays the same name after chdir(2), and when the directory is renamed. A value;
// whether a file has the name is another question. Calls return what the system call of that name does, and
// leave the reason in errno; where there is no such directory they fail as they would by the path.
class FileName {
 public:
  // `noun` says in messages what kind of file is meant: "FIFO" makes "FIFO 'x'".
  static FileName of(const std::string& path, const std::string& noun = {});
  static FileName described(const std::string& path, std::string description);

  const std::string& path() const noexcept { return m_path; }  // as the user wrote it
  const std::string& leaf() const noexcept { return m_leaf; }
  const std::string& description() const noexcept { return m_description; }

  // The name of the file behind the symbolic link that has this name, if it may be followed and leads to one;
  // otherwise this name.
  FileName behind_link() const;

  // Another name in the same directory.
  FileName sibling(std::string leaf) const;

  // An unused name beside it that begins with '.', for which `make` returns 0. `make` returns -1 with EEXIST
  // when the name it is given is taken; any other failure is returned as nothing, with errno.
  template <typename Make>
  std::optional<FileName> make_temporary(Make make) const {
    for (unsigned attempt = 0;; ++attempt) {
      auto name = temporary(attempt);
      if (make(name) != -1) return name;
      if (errno != EEXIST) return std::nullopt;
    }
  }

  // Whether a symbolic link of that name may be followed: not in a directory with the sticky bit, where
  // anybody can put one.
  bool links_may_be_followed() const;

  // Paths by /proc that lead to the directory, and to this name in it, from this process alone.
  std::string directory_path() const;
  std::string short_path() const { return directory_path() + "/" + m_leaf; }

  FileDescriptor open(int flags, mode_t mode = 0) const;  // with O_CLOEXEC
  int status(struct stat& status, int flags = AT_SYMLINK_NOFOLLOW) const;
  int make_fifo(mode_t mode) const;
  int set_mode(mode_t mode) const;
  int link(const std::string& old_path, int flags) const;  // makes it a name of another file
  int link(int file) const;                                // the same by descriptor, which takes a privilege
  int rename_to(const FileName& name) const;
  int rename_to_unused(const FileName& name) const;  // EEXIST when it is used; renameat2(2)
  int remove() const noexcept;                       // handlers of signals may call it

  // A file without a name in this directory, open for reading and writing; O_TMPFILE of open(2).
  FileDescriptor open_unnamed() const;

 private:
  FileName(std::string path, std::string leaf, std::string description)
      : m_path{std::move(path)}, m_leaf{std::move(leaf)}, m_description{std::move(description)} {}
  FileName temporary(unsigned number) const;
  bool has_directory() const noexcept { return m_directory->is_open(); }
  int directory() const noexcept { return has_directory() ? m_directory->get() : AT_FDCWD; }
  const char* name() const noexcept { return has_directory() ? m_leaf.c_str() : m_path.c_str(); }

  std::string m_path;
  std::string m_leaf;
  std::string m_description;
  std::shared_ptr<const FileDescriptor> m_directory;
};

// What happens to a symbolic link that has the name.
enum class Links {
  not_followed,            // by O_PATH the link itself is opened
  followed_unless_sticky,  // see FileName::links_may_be_followed(); ELOOP where not
};

// An open file and the name by which it was opened. It stays the same file, whatever happens to the name.
// Move-only. Errors carry the name's description.
class NamedFile {
 public:
  // The file of that name; nothing when there is none (ENOENT). `flags` are those of open(2); without O_PATH
  // they should have O_NONBLOCK, so that a FIFO of that name does not block.
  static std::optional<NamedFile> open_if_exists(FileName name, int flags, Links links);

  // A new file of a temporary name beside another, mode 600, open for reading and writing; nothing and errno
  // on failure.
  static std::optional<NamedFile> make_temporary(const FileName& beside);

  NamedFile(FileName name, FileDescriptor file) : m_name{std::move(name)}, m_file{std::move(file)} {}

  const FileName& name() const noexcept { return m_name; }
  FileDescriptor take_descriptor() && { return std::move(m_file); }
  int descriptor() const noexcept { return m_file.get(); }

  struct stat status() const;

  bool is_named() const;    // whether the name still means this file
  bool is_removed() const;  // whether it has no name at all

  // Takes the name away, unless it is another file's or nobody's by now; false then. For that moment the file
  // has a temporary name beside it (FileName::make_temporary()), which SIGKILL alone leaves behind. Where the
  // file system cannot rename to an unused name only (EINVAL), a file that takes the name between the last
  // look and unlink(2) is removed.
  bool remove_if_same() const;

  // A path that leads to this very file, where /proc is mounted.
  std::string path_of_inode() const;

  // Opens it once more; -1 and errno on failure, ESTALE when it can be found neither by /proc nor by name.
  FileDescriptor reopen(int flags) const;

  int set_mode(mode_t mode) const;  // -1 and errno on failure

 private:
  bool is_at(const FileName& name) const;

  FileName m_name;
  FileDescriptor m_file;
};

// Changes an open file, also one opened by O_PATH, which takes /proc or Linux 6.6 for the mode (ENOSYS); -1
// and errno on failure. The owner goes first, since chown(2) may take away what chmod(2) gives. The umask
// does not apply.
int set_mode(int file, mode_t mode);
int set_owner(int file, uid_t owner, gid_t group);

// Whether two files are one.
inline bool is_same_file(const struct stat& left, const struct stat& right) {
  return left.st_dev == right.st_dev && left.st_ino == right.st_ino;
}

}  // namespace ipcutils
