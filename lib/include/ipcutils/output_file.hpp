// Files that a program writes to because a user named them.
#pragma once

#include <sys/types.h>

#include <ipcutils/export.hpp>
#include <ipcutils/file_descriptor.hpp>
#include <memory>
#include <string>
#include <string_view>

namespace ipcutils {

// Opens a file by the path that a user gave; `flags` and `mode` are those of open(2), to which O_CLOEXEC is
// added. A symbolic link is followed, except in a directory with the sticky bit, such as /tmp, where anybody
// could have put it: ELOOP, with a hint. O_CREAT opens an existing file as open(2) does without O_CREAT, so
// that fs.protected_regular and fs.protected_fifos of proc_sys_fs(5) do not refuse it. A FIFO blocks as
// open(2) says. `noun` is what messages call it: "log file". Errors: those of open(2).
IPCUTILS_EXPORT FileDescriptor open_for_writing(const std::string& path, int flags, mode_t mode = 0600,
                                                const std::string& noun = {});

// The same without the rule for links.
IPCUTILS_EXPORT FileDescriptor open_for_reading(const std::string& path, int flags, mode_t mode = 0600);

// An empty file without a name in a directory, open for reading and writing. It goes with its last
// descriptor.
IPCUTILS_EXPORT FileDescriptor open_unnamed_file(const std::string& directory);

class NamedFile;

// The name by which a file was opened, to be removed later. It means the same directory after chdir(2).
class IPCUTILS_EXPORT RemovableName {
 public:
  // `file` is open and stays the caller's. Errors: EMFILE.
  static RemovableName of(const std::string& path, int file);

  // Takes the name away, unless it is another file's or nobody's by now; false then. Errors: EACCES, ….
  bool remove_if_same() const;

 private:
  explicit RemovableName(std::shared_ptr<const NamedFile> file) : m_file{std::move(file)} {}
  std::shared_ptr<const NamedFile> m_file;
};

// Gives a file of that path this text and these permissions in one step: whoever reads it finds the old text,
// all of the new one, or no file. The umask does not apply. A symbolic link is replaced, not followed. The
// text is in another file of the same directory first, whose name begins with '.'; only SIGKILL can leave it
// there. Returns the name of the file, by which it can be removed. Errors: EACCES, ENOSPC, EISDIR, ….
IPCUTILS_EXPORT RemovableName write_file_atomically(const std::string& path, std::string_view text,
                                                    mode_t mode, const std::string& noun = {});

}  // namespace ipcutils
