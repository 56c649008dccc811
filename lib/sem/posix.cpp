#include "posix.hpp"

#include <fcntl.h>
#include <semaphore.h>
#include <sys/mman.h>

#include <algorithm>
#include <climits>

#include "../core/bus_error.hpp"
#include "../core/failure.hpp"
#include "../core/recurring_alarm.hpp"
#include "../core/write_whole.hpp"
#include "../file/draft.hpp"
#include "../file/lease.hpp"
#include "../file/object_file.hpp"
#include "posix_content.hpp"

namespace ipcutils::sem_posix {

namespace {

// A semaphore mapped for use. glibc's named semaphores are files that hold a sem_t: sem_open(3) would map
// whatever has the name, this maps what has been looked at.
class Mapping {
 public:
  Mapping(int file, const Reference& reference)
      : m_memory{::mmap(nullptr, sizeof(sem_t), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0)} {
    if (m_memory == MAP_FAILED) fail(errno, "cannot map {}", reference.description());
  }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping() { ::munmap(m_memory, sizeof(sem_t)); }

  sem_t* get() const { return static_cast<sem_t*>(m_memory); }

 private:
  void* m_memory;
};

class Semaphore final : public SemaphoreSet::Backend {
 public:
  Semaphore(Reference reference, NamedFile file, Access access)
      : m_reference{std::move(reference)}, m_file{std::move(file)} {
    if (access == Access::write) m_mapping.emplace(m_file.descriptor(), m_reference);
  }

  const Reference& reference() const noexcept override { return m_reference; }
  unsigned size() const override { return 1; }
  bool is_initialised() const override { return true; }

  bool operate(std::span<const SemaphoreOperation> operations, const Deadline& deadline,
               SemaphoreSet::Undo undo) override {
    if (undo == SemaphoreSet::Undo::at_exit)
      throw Error{ENOTSUP, attempt(), "the kernel does not take back what is done to a POSIX semaphore"};
    const int delta = operations.front().delta;
    if (delta < 0) return take(deadline);
    if (value() + static_cast<unsigned>(delta) > SEM_VALUE_MAX)
      throw Error{EOVERFLOW, attempt(), fmt::format("its value is at most {}", SEM_VALUE_MAX)};
    if (const int errnum = repeat(::sem_post, static_cast<unsigned>(delta)); errnum != 0)
      throw Error{errnum, attempt()};
    return true;
  }

  // The difference is counted once: who waits takes what is given at once.
  bool set_value(unsigned number, unsigned wanted, const Deadline& deadline) override {
    if (number != 0) throw Error::invalid(attempt(), "a POSIX semaphore is alone, and has the number 0");
    if (wanted > SEM_VALUE_MAX)
      throw Error{ERANGE, attempt(), fmt::format("its value is at most {}", SEM_VALUE_MAX)};
    const auto now = value();
    int (*const step)(sem_t*) = now < wanted ? ::sem_post : ::sem_trywait;
    for (unsigned left = now < wanted ? wanted - now : now - wanted;;) {
      const auto part = std::min(left, most_at_once);
      const int errnum = repeat(step, part);
      if (errnum == EAGAIN) return true;  // others have taken the rest
      if (errnum != 0) throw Error{errnum, attempt()};
      left -= part;
      if (left == 0) return true;
      if (deadline.has_passed()) return false;
    }
  }

  std::vector<SemaphoreState> states() const override {
    const auto state = read_state(m_file.descriptor());
    if (!state) fail(errno, "cannot read {}", m_reference.description());
    return {*state};
  }

  std::optional<bool> is_open_elsewhere() const override {
    return ipcutils::is_open_elsewhere(m_file.descriptor());
  }

 private:
  static constexpr unsigned most_at_once = 1'000'000;  // some milliseconds

  std::string attempt() const { return fmt::format("cannot operate on {}", m_reference.description()); }

  // Calls a function of the C library on the semaphore, and returns 0 or errno.
  template <typename Function>
  int call(Function function) const {
    if (!m_mapping) throw Error{EBADF, attempt()};
    sem_t* const semaphore = m_mapping->get();
    const BusErrorGuard guard{{reinterpret_cast<std::byte*>(semaphore), sizeof *semaphore}};
    const int errnum = function(semaphore) == 0 ? 0 : errno;
    if (guard.has_failed()) throw Error::invalid(attempt(), "its file has been shortened meanwhile");
    return errnum;
  }

  unsigned value() const {
    int value = 0;
    call([&value](sem_t* semaphore) { return ::sem_getvalue(semaphore, &value); });
    return static_cast<unsigned>(value);
  }

  // So many times, or until it fails. All under one guard, which takes longer than most of these calls.
  int repeat(int (*function)(sem_t*), unsigned count) const {
    return call([function, count](sem_t* semaphore) {
      for (unsigned i = 0; i < count; ++i)
        if (function(semaphore) != 0) return -1;
      return 0;
    });
  }

  // sem_clockwait(3) keeps the time, and the alarm is for signals.
  int wait(const Deadline& deadline) {
    const bool is_never = deadline.is_never();
    const struct timespec until = is_never ? timespec{} : deadline.at();
    const auto sleep = [is_never, &until](sem_t* semaphore) {
      return is_never ? ::sem_wait(semaphore) : ::sem_clockwait(semaphore, CLOCK_MONOTONIC, &until);
    };
    if (!deadline.is_interruptible()) return call(sleep);
    RecurringAlarm alarm;
    const InterruptedCall interrupted{alarm, deadline};
    return call(sleep);
  }

  bool take(const Deadline& deadline) {
    for (;;) {
      const int at_once = call(::sem_trywait);
      if (at_once == 0) return true;
      if (at_once != EAGAIN && at_once != EINTR) throw Error{at_once, attempt()};
      if (is_over(deadline)) return false;
      const int in_time = wait(deadline);
      if (in_time == 0) return true;
      if (in_time != EINTR && in_time != ETIMEDOUT) throw Error{in_time, attempt()};
    }
  }

  Reference m_reference;
  NamedFile m_file;
  std::optional<Mapping> m_mapping;  // if it may be operated on
};

}  // namespace

std::unique_ptr<SemaphoreSet::Backend> open_if_exists(const Reference& reference, Access access,
                                                      Trust trust) {
  auto file = open_object_file_if_exists(reference, access == Access::read ? O_RDONLY : O_RDWR, trust);
  if (!file) return nullptr;
  require_semaphore(*file, reference);
  return std::make_unique<Semaphore>(reference, std::move(*file), access);
}

// As sem_open(3) does it: a file without a name that gets one when it is complete. But the umask does not
// apply, and links are not followed.
std::optional<Reference> create(const Reference& reference, const SemaphoreSet::CreateOptions& options) {
  if (options.count != 1)
    throw Error::invalid(fmt::format("cannot create {}", reference.description()),
                         "a POSIX semaphore is a set of one");
  if (options.value > SEM_VALUE_MAX)
    throw Error{ERANGE, fmt::format("cannot create {}", reference.description()),
                fmt::format("its value is at most {}", SEM_VALUE_MAX)};
  FileDraft draft{reference};
  sem_t semaphore{};
  if (::sem_init(&semaphore, 1, options.value) != 0 ||
      !write_whole(draft.file()->descriptor(), std::as_bytes(std::span{&semaphore, 1})))
    fail(errno, "cannot create {}", reference.description());
  if (!draft.publish(options.mode)) return std::nullopt;
  return reference;
}

bool remove_if_exists(const Reference& reference) { return remove_object_file_if_exists(reference); }

}  // namespace ipcutils::sem_posix
