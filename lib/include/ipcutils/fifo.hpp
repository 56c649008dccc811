// Named pipes: their names, and their two ends.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <ipcutils/access.hpp>
#include <ipcutils/deadline.hpp>
#include <ipcutils/export.hpp>
#include <ipcutils/file_descriptor.hpp>
#include <ipcutils/file_watch.hpp>
#include <ipcutils/reference.hpp>
#include <memory>
#include <optional>
#include <string>

namespace ipcutils {

class NamedFile;

// A FIFO in the file system: the thing that has the name, none of its ends. While it lives, it means the same
// FIFO, whatever happens to the name. Move-only. Manual pages: fifo(7), pipe(7), mkfifo(3).
//
// Symbolic links are not followed, and what it is and whose is asked of what was opened, not of the name. A
// FIFO is never opened with O_CREAT, so fs.protected_fifos has no say.
class IPCUTILS_EXPORT Fifo {
 public:
  // A new one; nothing when there is something of that name. The umask does not apply. Errors: ENOENT (of the
  // directory), EACCES, EROFS, ENOSPC.
  static std::optional<Fifo> create(const std::string& path, mode_t mode = 0600);

  // The one of that name; nothing when there is none. Errors: what is there is no FIFO (EINVAL), or belongs
  // to somebody who is not trusted (EPERM); EACCES.
  static std::optional<Fifo> open_if_exists(const std::string& path, Trust trust = Trust::anybody);

  Fifo(Fifo&&) noexcept;
  Fifo& operator=(Fifo&&) noexcept;
  ~Fifo();

  const Reference& reference() const noexcept { return m_reference; }

  // An end for reading, in non-blocking mode: does not wait for a writer. read(2) returns 0 as long as there
  // is none, and EAGAIN while those that there are have written nothing; poll(2) waits for data, or for the
  // last writer that has come after this to go.
  FileDescriptor open_reader() const;

  // An end for writing. Blocks until somebody reads or `deadline` has passed, which is nothing.
  std::optional<FileDescriptor> open_writer(const Deadline& deadline) const;

  // Takes the name away, unless it is another's meanwhile; false then, and when it has gone.
  bool remove_if_same() const;

  // Whether the name still means this FIFO.
  bool is_named() const;

  // Why nobody can reach this FIFO by its name any more: "has been removed", or "has been replaced" when
  // another file has the name. Nothing while the name means this FIFO, and when it has only been renamed.
  std::optional<std::string> loss() const;

  // Throws Error (ESTALE) with that reason, for whoever waits for the other side.
  void require_reachable() const;

  // Tells when loss() may have changed. Make it first, then ask loss(), then wait; make a new one after every
  // event, since one that was renamed is lost only when something else gets its name.
  FileWatch watch() const;

  // A new FIFO of the same mode and owner, which takes this one's name in one step. Whoever has this one open
  // keeps it, and nobody else can reach it. Errors: ESTALE (the name does not mean this FIFO any more);
  // EACCES (the directory may not be written); EPERM (the owner can only be kept by root; in a sticky
  // directory the FIFO can only be replaced by its owner).
  Fifo replace() const;

  // Tries all of replace() but its last step, and leaves nothing. Errors: as of replace(), but for ESTALE.
  void require_replaceable() const;

 private:
  Fifo(Reference reference, NamedFile file);

  Reference m_reference;
  std::unique_ptr<const NamedFile> m_file;  // O_PATH: no end of the pipe
};

// What follows is asked of a pipe by either of its ends. Names are for messages.

// Bytes that have been written and not yet been read.
IPCUTILS_EXPORT std::uint64_t unread_bytes(int pipe);

// Sets how many bytes a pipe holds, and returns how many the kernel gave: at least as many, in whole pages.
// It forgets them when the last end is closed. Errors: EPERM (more than fs.pipe-max-size), EBUSY (less than
// is in it).
IPCUTILS_EXPORT std::uint64_t set_pipe_capacity(int pipe, std::uint64_t size, const std::string& name);

// Whether an end for reading has a writer at the other one, or what one has left.
IPCUTILS_EXPORT bool has_writer(int reader);

// Whether an end for writing has a reader at the other one.
IPCUTILS_EXPORT bool has_reader(int writer);

enum class Drained { yes, reader_left, too_late };

// Blocks until all that was written has been read. Only then is it certain: what is in a pipe when its last
// end is closed is lost.
IPCUTILS_EXPORT Drained wait_until_drained(int writer, const Deadline& deadline);

}  // namespace ipcutils
