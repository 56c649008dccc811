// Semaphores: System V sets, and POSIX named semaphores and locks on files as sets of one, behind one
// interface.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <ipcutils/access.hpp>
#include <ipcutils/deadline.hpp>
#include <ipcutils/export.hpp>
#include <ipcutils/reference.hpp>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace ipcutils {

// A change of one semaphore, as semop(2) has it: below 0 waits until the value is at least so much and takes
// that away, above 0 adds, 0 waits until the value is 0.
struct SemaphoreOperation {
  unsigned number;  // of the semaphore in its set, from 0
  int delta;
  bool operator==(const SemaphoreOperation&) const = default;
};

struct SemaphoreState {
  unsigned value;
  std::optional<unsigned> waiting_to_take;  // processes
  std::optional<unsigned> waiting_for_zero;
  std::optional<pid_t> last_user;  // whose operation was the last; 0: nobody's, or not in this PID namespace
  auto operator<=>(const SemaphoreState&) const = default;
};

// An open set of semaphores.
//
// A lock on a file is one semaphore, 1 while nobody has the lock and 0 otherwise. Whoever dies with it leaves
// it free. Other programs take the same lock by flock(2) or flock(1).
//
// Move-only. The destructor closes; only remove_if_exists() removes. Not thread-safe; several processes may
// use the same set at once. Waits end by the deadline and never before. Manual pages: sem_overview(7),
// semop(2), semctl(2), flock(2).
class IPCUTILS_EXPORT SemaphoreSet {
 public:
  enum class Undo { no, at_exit };  // at_exit: when the process ends, however it does, the kernel takes back

  // Throws Error (EINVAL) when the API of this reference cannot do these operations in one step: POSIX
  // semaphores and locks take one operation on number 0, which is -1 or above 0.
  static void require_possible(const Reference& reference, std::span<const SemaphoreOperation> operations);

  // Whether the kernel takes back operations of a process (Undo::at_exit): in System V alone.
  static bool has_undo(const Reference& reference) noexcept;

  // Whether a set can have several semaphores: in System V alone.
  static bool has_several(const Reference& reference) noexcept;

  // Whether it is a lock on a file, which whoever took it must release, by +1 or by closing the set.
  static bool is_lock(const Reference& reference) noexcept;

  struct CreateOptions {
    mode_t mode = 0600;  // the umask does not apply
    unsigned count = 1;  // of semaphores
    unsigned value = 1;  // of each
  };

  // Opens an existing set; nothing when there is none. Access::read is for states() alone. Does not block.
  // Errors: EACCES, ELOOP, EPERM (an owner who is not trusted), EINVAL (what has the name is no semaphore).
  static std::optional<SemaphoreSet> open_if_exists(const Reference& reference, Access access,
                                                    Trust trust = Trust::anybody);

  // The same, with ENOENT as an Error.
  static SemaphoreSet open(const Reference& reference, Access access, Trust trust = Trust::anybody);

  // Makes a set with its values and returns its canonical reference; nothing when there is one of that name.
  // Of several makers one makes it. A POSIX semaphore appears with its value. A System V set is there before
  // it has its values; sem_otime, which is 0 until then, tells.
  static std::optional<Reference> create(const Reference& reference, const CreateOptions& options);

  // Makes a set and opens it; nothing when there is one of that name. One that its maker may not open, by the
  // mode that it is given, does not stay (EACCES).
  static std::optional<SemaphoreSet> create_and_open(const Reference& reference, Access access,
                                                     const CreateOptions& options);

  // Opens a set of the caller's or root's, which is made if it is missing; if somebody else makes it at the
  // same time, waits for it to have its values. Nothing when the deadline passes first. A System V set that
  // has never had them is an Error (EINVAL) after 5 seconds at most: its maker has died, or is a program that
  // does not set sem_otime.
  static std::optional<SemaphoreSet> open_or_create(const Reference& reference, const CreateOptions& options,
                                                    const Deadline& deadline);

  // Removes a set, whoever has it open; false when there is none. Who waits for System V semaphores gets
  // EIDRM; a POSIX semaphore goes when the last one closes it.
  static bool remove_if_exists(const Reference& reference);

  SemaphoreSet(SemaphoreSet&&) noexcept;
  SemaphoreSet& operator=(SemaphoreSet&&) noexcept;
  ~SemaphoreSet();

  // Canonical: a System V set by its identifier, whatever it was opened by.
  const Reference& reference() const noexcept;

  unsigned size() const;  // semaphores in the set

  // All operations in one step; false when they were not possible until the deadline. Errors: EINVAL (no such
  // semaphore), ERANGE or EOVERFLOW (a value too high), EIDRM (removed meanwhile), EACCES. Undo::at_exit is
  // an Error (ENOTSUP) where has_undo() says so.
  bool operate(std::span<const SemaphoreOperation> operations, const Deadline& deadline,
               Undo undo = Undo::no);

  // Sets the value of a semaphore, and wakes the waiters that it suffices for. A POSIX semaphore is posted or
  // taken step by step, which takes seconds for millions. False when the deadline passes first; the steps
  // until then stay.
  bool set_value(unsigned number, unsigned value, const Deadline& deadline = Deadline::never());

  // Processes that this one starts from now on keep a lock on a file that it holds: it stays taken as long as
  // one of them lives, unless the lock is released, should this process be killed. Nothing with other APIs.
  void share_with_children();

  // Whether anybody else has a POSIX semaphore open. If not, whoever holds it has died, or has closed it
  // since. Nothing where the kernel does not tell: with other APIs, and unless the caller owns it or is
  // privileged.
  std::optional<bool> is_open_elsewhere() const;

  // Of each semaphore, not at one moment. Looking at a lock on a file takes it for a moment together with
  // others who look; an exclusive lock of others that does not wait can fail meanwhile.
  std::vector<SemaphoreState> states() const;

  class Backend;                                            // one for each API
  explicit SemaphoreSet(std::unique_ptr<Backend> backend);  // for the library's own use

 private:
  std::unique_ptr<Backend> m_backend;
};

}  // namespace ipcutils
