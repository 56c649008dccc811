#include "file_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <ipcutils/file_descriptor.hpp>

#include "../core/failure.hpp"
#include "../core/recurring_alarm.hpp"
#include "../file/draft.hpp"
#include "../file/object_file.hpp"

namespace ipcutils::sem_file {

namespace {

// A lock of an open file, which goes with its last descriptor. Not one of fcntl(2): that takes permission to
// write, and a script that somebody has open for writing cannot be executed (ETXTBSY).
class Lock final : public SemaphoreSet::Backend {
 public:
  Lock(Reference reference, NamedFile file) : m_reference{std::move(reference)}, m_file{std::move(file)} {}

  const Reference& reference() const noexcept override { return m_reference; }
  unsigned size() const override { return 1; }
  bool is_initialised() const override { return true; }

  bool operate(std::span<const SemaphoreOperation> operations, const Deadline& deadline,
               SemaphoreSet::Undo undo) override {
    if (undo == SemaphoreSet::Undo::at_exit)
      throw Error{ENOTSUP, attempt(), "a lock on a file ends with the last process that has it"};
    const bool takes = operations.front().delta < 0;
    if (takes == m_is_held)
      throw Error::invalid(attempt(), m_is_held ? "it is held already" : "it is not held");
    if (takes) return take(deadline);
    release();
    return true;
  }

  bool set_value(unsigned, unsigned, const Deadline&) override {
    throw Error::invalid(attempt(), "the value of a lock on a file cannot be set: who holds it releases it");
  }

  // To look takes a shared lock for a moment, which hinders none but an exclusive one that does not wait.
  std::vector<SemaphoreState> states() const override {
    const bool is_free = !m_is_held && lock(LOCK_SH | LOCK_NB);
    if (is_free) unlock();
    return {{.value = is_free ? 1U : 0U,
             .waiting_to_take = std::nullopt,
             .waiting_for_zero = std::nullopt,
             .last_user = std::nullopt}};
  }

  // Under a number that scripts do not give to files of their own.
  void share_with_children() override {
    constexpr int first = 10;
    m_shared.reset(::fcntl(m_file.descriptor(), F_DUPFD, first));
    if (!m_shared.is_open()) fail(errno, "cannot share {}", m_reference.description());
  }

 private:
  std::string attempt() const { return fmt::format("cannot operate on {}", m_reference.description()); }

  bool lock(int operation) const {
    if (::flock(m_file.descriptor(), operation) == 0) return true;
    if (errno != EWOULDBLOCK && errno != EINTR) throw Error{errno, attempt()};
    return false;
  }

  // Also for processes that share it.
  void unlock() const { ::flock(m_file.descriptor(), LOCK_UN); }

  bool take(const Deadline& deadline) {
    m_is_held = lock(LOCK_EX | LOCK_NB) || wait(deadline);
    if (m_is_held) require_named();
    return m_is_held;
  }

  // flock(2) has no limit of time, so the alarm keeps it.
  bool wait(const Deadline& deadline) const {
    RecurringAlarm alarm;
    while (!is_over(deadline)) {
      const InterruptedCall call{alarm, deadline};
      if (lock(LOCK_EX)) return true;
    }
    return false;
  }

  void release() {
    m_is_held = false;
    unlock();
  }

  // Who comes now would lock another file of that name.
  void require_named() {
    struct stat named;
    if (m_file.name().status(named, 0) == 0 && is_same_file(named, m_file.status())) return;
    release();
    throw Error::because(ESTALE, attempt(), "its file has been removed or replaced meanwhile");
  }

  Reference m_reference;
  NamedFile m_file;
  FileDescriptor m_shared;
  bool m_is_held = false;
};

}  // namespace

std::unique_ptr<SemaphoreSet::Backend> open_if_exists(const Reference& reference, Access, Trust trust) {
  auto file = open_object_file_if_exists(reference, O_RDONLY, trust);
  return file ? std::make_unique<Lock>(reference, std::move(*file)) : nullptr;
}

std::optional<Reference> create(const Reference& reference, const SemaphoreSet::CreateOptions& options) {
  if (options.count != 1 || options.value != 1)
    throw Error::invalid(fmt::format("cannot create {}", reference.description()),
                         "a lock on a file is a set of one, whose value is 1");
  FileDraft draft{reference};
  if (!draft.publish(options.mode)) return std::nullopt;
  return reference;
}

bool remove_if_exists(const Reference& reference) { return remove_object_file_if_exists(reference); }

}  // namespace ipcutils::sem_file
