// Shared memory: POSIX objects, System V segments and memory-mapped files behind one interface.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <ipcutils/access.hpp>
#include <ipcutils/deadline.hpp>
#include <ipcutils/export.hpp>
#include <ipcutils/reference.hpp>
#include <ipcutils/transfer.hpp>
#include <memory>
#include <optional>
#include <span>

namespace ipcutils {

// An open shared memory object.
//
// Its bytes are numbered from 0 to size() - 1. They are moved by system calls, never through a mapping that
// another process could pull away: an object shortened while it is read is a short read, not SIGBUS.
//
// Move-only. The destructor closes or detaches; only remove() removes. Not thread-safe; the object itself is
// shared with other processes, and nothing here locks it. Manual pages: shm_overview(7), sysvipc(7),
// shmget(2), shmat(2).
class IPCUTILS_EXPORT SharedMemory {
 public:
  // Opens an existing object; nothing when there is none. A System V segment that its maker has not completed
  // (see SharedMemoryDraft) is none; but to write it while its maker lives is an Error with EBUSY. Other
  // failures are Errors: EACCES, ELOOP (a symbolic link that must not be followed), EPERM (an owner who is
  // not trusted, or a file with several names in a sticky directory; neither with Trust::anybody), EINVAL
  // (not a regular file). Does not block.
  static std::optional<SharedMemory> open_if_exists(const Reference& reference, Access access,
                                                    Trust trust = Trust::anybody);

  // The same, with ENOENT as an Error.
  static SharedMemory open(const Reference& reference, Access access, Trust trust = Trust::anybody);

  // Opens an object as soon as it is there and complete; nothing when the deadline passes first. Waits by
  // inotify(7) on the directory of POSIX objects and files, and by looking again after 1 to 50 ms for System
  // V segments, of which the kernel does not tell.
  static std::optional<SharedMemory> wait_for(const Reference& reference, Access access,
                                              const Deadline& deadline);

  // Makes an object of `size` zero bytes, with memory for all of them, and returns its canonical reference;
  // nothing when there is one of that name already. The umask does not apply to the mode. Opens nothing for
  // longer.
  static std::optional<Reference> create(const Reference& reference, std::uint64_t size, mode_t mode);

  // Removes the name of an object, whoever has it open; false when there is none. Opens nothing, so that no
  // permission to read it is needed. A System V segment goes when the last process detaches it.
  static bool remove_if_exists(const Reference& reference);

  SharedMemory(SharedMemory&&) noexcept;
  SharedMemory& operator=(SharedMemory&&) noexcept;
  ~SharedMemory();

  // Canonical: a System V segment by its identifier, whatever it was opened by.
  const Reference& reference() const noexcept;

  // The size now, in bytes.
  std::uint64_t size() const;

  // The size to which it can grow: its own for System V, 2^63 - 1 for the others.
  std::uint64_t capacity() const;

  // The descriptor behind a POSIX object or file, which stays this object's; -1 for System V.
  int descriptor() const noexcept;

  // Whether somebody has removed the object, so that only those who have it open still reach it.
  bool is_removed() const;

  // Copies bytes from `offset` on to a descriptor; returns how many, which is less than options.length where
  // the object ends before.
  std::uint64_t read_to(const Endpoint& to, std::uint64_t offset, const TransferOptions& options = {}) const;

  // Copies bytes from a descriptor into the object from `offset` on, which grows as needed; returns how many.
  // At capacity() it stops; whether the source has more is for the caller to find out.
  std::uint64_t write_from(const Endpoint& from, std::uint64_t offset, const TransferOptions& options = {});

  // Copy bytes from `offset` on into memory of the caller, and from there into the object; return how many.
  // read() copies less where the object ends before, write() where a System V segment does; the others grow.
  // EBADF for write() with Access::read, and for read() with Access::write of a POSIX object or file.
  std::size_t read(std::span<std::byte> to, std::uint64_t offset) const;
  std::size_t write(std::span<const std::byte> from, std::uint64_t offset);

  // How many bytes from `offset` on, `length` at most, lie before the first that is zero.
  std::uint64_t length_until_nul(std::uint64_t offset, std::uint64_t length) const;

  // Makes bytes zero, without giving their pages back.
  void zero(std::uint64_t offset, std::uint64_t length);

  // Makes sure that these bytes have memory, whether they lie within size() or behind it: EFBIG or ENOSPC
  // otherwise, and nothing has changed. size() does not change.
  void reserve(std::uint64_t offset, std::uint64_t length);

  // Sets the size. Shortening an object kills processes that use the lost part through a mapping (SIGBUS).
  // For a System V segment ENOTSUP, unless it has that size.
  void resize(std::uint64_t size);

  // Removes the object's name, if it is still this object's.
  void remove();

  class Backend;                                            // one for each API
  explicit SharedMemory(std::unique_ptr<Backend> backend);  // for the library's own use

 private:
  std::unique_ptr<Backend> m_backend;
};

// A shared memory object in the making, which appears under its name complete or not at all.
//
// POSIX objects and files have no name until publish() (O_TMPFILE, linkat(2)), so that even SIGKILL leaves
// nothing behind; where the file system cannot do that, a hidden name in the same directory stands in. A
// System V segment has its key from the start. Until publish() its mode is 0701, which no program uses: by
// this mark SharedMemory knows that it is not complete. Processes of other users cannot attach it. What a
// killed maker has left unfinished goes when the next one begins.
//
// The destructor discards what was not published. Move-only, not thread-safe.
class IPCUTILS_EXPORT SharedMemoryDraft {
 public:
  enum class Collision {
    fail,     // publish() does not touch an object that has the name already
    replace,  // publish() takes its place in one step, with its owner and mode; not for System V (ENOTSUP).
              // Of a symbolic link that may be followed, it takes the place of the file behind it.
  };

  struct Options {
    // In bytes. System V segments must have one, not 0 (EINVAL); without one the others begin empty. What is
    // not written has no memory yet: see SharedMemory::reserve().
    std::optional<std::uint64_t> size = std::nullopt;
    mode_t mode = 0600;  // the umask does not apply
    Collision collision = Collision::fail;
    // Whose objects may be replaced; `anybody` allows a file with several names in a sticky directory, too.
    Trust replaceable = Trust::self_and_root;
  };

  // Begins an object; nothing when a System V segment with that key is there already.
  static std::optional<SharedMemoryDraft> begin(const Reference& reference, const Options& options);

  // Whether such an object keeps the size it is made with, which begin() must be told then, and cannot
  // replace another: System V.
  static bool has_fixed_size(const Reference& reference) noexcept;

  SharedMemoryDraft(SharedMemoryDraft&&) noexcept;
  SharedMemoryDraft& operator=(SharedMemoryDraft&&) noexcept;
  ~SharedMemoryDraft();

  // To be filled.
  SharedMemory& object() noexcept;

  // Gives the object its name and mode. False when another object has the name and must not be replaced; the
  // draft is as it was then.
  bool publish();

  // Removes what has a name already, and nothing after publish(). Only makes system calls, so that handlers
  // of signals may call it.
  void discard() noexcept;

  class Backend;
  SharedMemoryDraft(SharedMemory object, std::unique_ptr<Backend> backend);  // for the library's own use

 private:
  SharedMemory m_object;
  std::unique_ptr<Backend> m_backend;
};

}  // namespace ipcutils
