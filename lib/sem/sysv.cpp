#include "sysv.hpp"

#include <sys/ipc.h>
#include <sys/sem.h>
#include <time.h>

#include <algorithm>
#include <ipcutils/signal_block.hpp>

#include "../core/failure.hpp"
#include "../core/recurring_alarm.hpp"
#include "../core/sysctl.hpp"
#include "../core/sysv.hpp"

namespace ipcutils::sem_sysv {

namespace {

// 20, <linux/sem.h>: like SEM_STAT, for anybody. glibc declares it since 2.37.
constexpr int sem_stat_any = 20;

constexpr unsigned max_value = 32767;

// semctl(2) leaves it to its callers to declare it.
union Argument {
  int value;
  struct semid_ds* status;
  unsigned short* values;
};

int get_by_key(key_t key) { return ::semget(key, 0, 0); }

std::optional<semid_ds> find_status(int id) {
  semid_ds status;
  const auto control = [&](int id_or_index, int command) {
    return ::semctl(id_or_index, 0, command, Argument{.status = &status});
  };
  if (!stat_any(id, IPC_STAT, sem_stat_any, control)) return std::nullopt;
  return status;
}

struct sembuf as_sembuf(const SemaphoreOperation& operation, SemaphoreSet::Undo undo) {
  return {.sem_num = static_cast<unsigned short>(operation.number),
          .sem_op = static_cast<short>(operation.delta),
          .sem_flg = static_cast<short>(undo == SemaphoreSet::Undo::at_exit ? SEM_UNDO : 0)};
}

// Only semop(2) sets sem_otime, by which others know that a set has its values. These operations leave the
// value as it is.
bool mark_initialised(int id, unsigned number, unsigned value, short flags) {
  const auto index = static_cast<unsigned short>(number);
  if (value == 0) {
    struct sembuf wait_for_zero {
      index, 0, flags
    };
    return ::semop(id, &wait_for_zero, 1) == 0;
  }
  struct sembuf there_and_back[] = {{index, -1, flags}, {index, 1, flags}};
  return ::semop(id, there_and_back, 2) == 0;
}

class Set final : public SemaphoreSet::Backend {
 public:
  Set(int id, const Reference& asked, unsigned size)
      : m_reference{Kind::sem, SysvId{id}}, m_id{id}, m_description{asked.description()}, m_size{size} {}

  const Reference& reference() const noexcept override { return m_reference; }
  unsigned size() const override { return m_size; }

  bool is_initialised() const override {
    const auto status = find_status(m_id);
    return !status || status->sem_otime != 0;  // what has gone is found out by its use
  }

  bool operate(std::span<const SemaphoreOperation> operations, const Deadline& deadline,
               SemaphoreSet::Undo undo) override {
    std::vector<struct sembuf> calls;
    for (const auto& operation : operations) {
      require_number(operation.number);
      if (operation.delta != static_cast<short>(operation.delta)) refuse(ERANGE, operations.size());
      calls.push_back(as_sembuf(operation, undo));
    }
    std::optional<RecurringAlarm> alarm;
    for (;;) {
      const int errnum = operate_once(calls, deadline, alarm);
      if (errnum == 0) return true;
      if (errnum != EAGAIN && errnum != EINTR) refuse(errnum, calls.size());
      if (is_over(deadline)) return false;
    }
  }

  bool set_value(unsigned number, unsigned value, const Deadline&) override {
    require_number(number);
    if (value > max_value) refuse(ERANGE, 1);
    if (::semctl(m_id, static_cast<int>(number), SETVAL, Argument{.value = static_cast<int>(value)}) == -1)
      refuse(errno, 1);
    mark_initialised(m_id, number, value, IPC_NOWAIT);
    return true;
  }

  std::vector<SemaphoreState> states() const override {
    std::vector<unsigned short> values(m_size);
    if (::semctl(m_id, 0, GETALL, Argument{.values = values.data()}) == -1)
      fail(errno, "cannot read {}", m_description);
    std::vector<SemaphoreState> states;
    for (unsigned number = 0; number < m_size; ++number) {
      const auto get = [&](int command) { return ::semctl(m_id, static_cast<int>(number), command); };
      states.push_back({.value = values[number],
                        .waiting_to_take = static_cast<unsigned>(std::max(0, get(GETNCNT))),
                        .waiting_for_zero = static_cast<unsigned>(std::max(0, get(GETZCNT))),
                        .last_user = std::max(0, get(GETPID))});
    }
    return states;
  }

 private:
  // Returns errno. semtimedop(2) keeps the time, and the alarm is for signals. Making one takes longer than
  // an operation that need not wait.
  int operate_once(std::vector<struct sembuf>& calls, const Deadline& deadline,
                   std::optional<RecurringAlarm>& alarm) const {
    if (!deadline.is_interruptible()) return operate_until(calls, deadline);
    if (!alarm) {
      const int at_once = operate_until(calls, Deadline::immediate());
      if (at_once != EAGAIN) return at_once;
      alarm.emplace();
    }
    const InterruptedCall call{*alarm, deadline};
    return operate_until(calls, deadline);
  }

  // By the clock alone: to ask for signals here would take one that the alarm is to tell of.
  int operate_until(std::vector<struct sembuf>& calls, const Deadline& deadline) const {
    const auto left = std::chrono::duration_cast<std::chrono::nanoseconds>(deadline.time_left()).count();
    const struct timespec timeout { .tv_sec = left / 1'000'000'000, .tv_nsec = left % 1'000'000'000 };
    return ::semtimedop(m_id, calls.data(), calls.size(), deadline.is_never() ? nullptr : &timeout) == 0
               ? 0
               : errno;
  }

  void require_number(unsigned number) const {
    if (number >= m_size)
      throw Error::invalid(
          fmt::format("cannot operate on {}", m_description),
          fmt::format("there is no semaphore {}: the set has {}, numbered from 0", number, m_size));
  }

  [[noreturn]] void refuse(int errnum, std::size_t operations) const {
    const auto hint = [&]() -> std::string {
      switch (errnum) {
        case E2BIG:
          return fmt::format("{} operations are too many for one step, see kernel.sem", operations);
        case ERANGE:
          return fmt::format("a value is at most {}", max_value);
        default:
          return {};
      }
    };
    throw Error{errnum == EINVAL ? EIDRM : errnum, fmt::format("cannot operate on {}", m_description),
                hint()};
  }

  Reference m_reference;
  int m_id;
  std::string m_description;  // by the reference that was asked for
  unsigned m_size;
};

// Gives a new set its values.
bool initialise(int id, unsigned count, unsigned value) {
  std::vector<unsigned short> values(count, static_cast<unsigned short>(value));
  return ::semctl(id, 0, SETALL, Argument{.values = values.data()}) != -1 &&
         mark_initialised(id, 0, value, 0);
}

bool set_mode(int id, mode_t mode) {
  auto status = find_status(id);
  if (!status) return false;
  status->sem_perm.mode = static_cast<decltype(status->sem_perm.mode)>(mode);
  return ::semctl(id, 0, IPC_SET, Argument{.status = &*status}) != -1;
}

}  // namespace

std::unique_ptr<SemaphoreSet::Backend> open_if_exists(const Reference& reference, Access, Trust trust) {
  const auto id = find_id(reference, get_by_key);
  const auto status = id ? find_status(*id) : std::nullopt;
  if (!status) {
    if (id && !is_missing(errno)) fail(errno, "cannot open {}", reference.description());
    return nullptr;
  }
  require_trusted(status->sem_perm, reference, trust);
  return std::make_unique<Set>(*id, reference, static_cast<unsigned>(status->sem_nsems));
}

std::optional<Reference> create(const Reference& reference, const SemaphoreSet::CreateOptions& options) {
  const auto attempt = [&] {
    return fmt::format("cannot create {} with {} semaphore{}", reference.description(), options.count,
                       options.count == 1 ? "" : "s");
  };
  if (options.value > max_value)
    throw Error{ERANGE, attempt(), fmt::format("a value is at most {}", max_value)};
  constexpr mode_t needed = 0600;  // to give it its values
  const int mode = static_cast<int>(options.mode | needed);
  const SignalBlock block;  // so that no signal leaves a set without values
  const int id =
      ::semget(key_for_new(reference), static_cast<int>(options.count), IPC_CREAT | IPC_EXCL | mode);
  if (id == -1) {
    const int errnum = errno;
    if (errnum == EEXIST) return std::nullopt;
    throw Error{errnum, attempt(),
                errnum == ENOSPC || errnum == EINVAL
                    ? "kernel.sem limits the semaphores of a set, those of all sets, and the number of sets"
                    : ""};
  }
  const bool has_its_mode = options.mode == static_cast<mode_t>(mode);
  const bool is_complete =
      initialise(id, options.count, options.value) && (has_its_mode || set_mode(id, options.mode));
  // What has gone again was made all the same.
  if (!is_complete && !is_missing(errno)) {
    const int errnum = errno;
    ::semctl(id, 0, IPC_RMID);
    throw Error{errnum, attempt()};
  }
  return Reference{Kind::sem, SysvId{id}};
}

bool remove_if_exists(const Reference& reference) {
  const auto id = find_id(reference, get_by_key);
  if (!id) return false;
  if (::semctl(*id, 0, IPC_RMID) != -1) return true;
  if (is_missing(errno)) return false;
  fail(errno, "cannot remove {}", reference.description());
}

}  // namespace ipcutils::sem_sysv
