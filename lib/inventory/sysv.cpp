#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <ipcutils/sysv.hpp>

#include <algorithm>
#include <limits>

#include "../core/failure.hpp"

namespace ipcutils::sysv {

namespace {

// What the kernel's ..._STAT and ..._INFO commands fill in.
union Buffer {
  shmid_ds segment;
  shm_info segments;
  shminfo segment_limits;
  msqid_ds queue;
  msginfo queues;
  semid_ds set;
  seminfo sets;
};

// semctl(2) leaves it to its callers to declare it.
union Argument {
  int value;
  semid_ds* status;
};

// The system calls of one mechanism.
struct Calls {
  Kind kind;
  int (*get)(key_t key, std::uint64_t size, int flags);
  int (*control)(int id_or_index, int command, Buffer& buffer);
  int info_command;
  int stat_command;
};

constexpr Calls all_calls[] = {
    {Kind::shm, [](key_t key, std::uint64_t size, int flags) { return ::shmget(key, size, flags); },
     [](int id, int command, Buffer& buffer) { return ::shmctl(id, command, &buffer.segment); }, SHM_INFO,
     SHM_STAT},
    {Kind::mq, [](key_t key, std::uint64_t, int flags) { return ::msgget(key, flags); },
     [](int id, int command, Buffer& buffer) { return ::msgctl(id, command, &buffer.queue); }, MSG_INFO,
     MSG_STAT},
    {Kind::sem,
     [](key_t key, std::uint64_t size, int flags) {
       constexpr std::uint64_t most = std::numeric_limits<int>::max();  // more than the kernel ever allows
       return ::semget(key, static_cast<int>(std::min(size, most)), flags);
     },
     [](int id, int command, Buffer& buffer) {
       return ::semctl(id, 0, command, Argument{.status = &buffer.set});
     },
     SEM_INFO, SEM_STAT},
};

const Calls& calls_of(Kind kind) {
  for (const auto& calls : all_calls)
    if (calls.kind == kind) return calls;
  throw Error{ENOTSUP, fmt::format("System V has no {}", kind_noun(kind))};
}

}  // namespace

std::optional<int> create(Kind kind, std::uint32_t key, std::uint64_t size, int flags) {
  const int id = calls_of(kind).get(static_cast<key_t>(key), size, flags | IPC_CREAT | IPC_EXCL);
  if (id != -1) return id;
  if (errno == EEXIST) return std::nullopt;
  fail(errno, "cannot create {} '0x{:08x}'", kind_noun(kind), key);
}

int id_of(Kind kind, std::uint32_t key) {
  const int id = calls_of(kind).get(static_cast<key_t>(key), 0, 0);
  if (id == -1) fail(errno, "cannot find {} '0x{:08x}'", kind_noun(kind), key);
  return id;
}

void remove(Kind kind, int id) {
  Buffer unused;
  if (calls_of(kind).control(id, IPC_RMID, unused) == -1)
    fail(errno, "cannot remove {} '@{}'", kind_noun(kind), id);
}

std::vector<int> list_readable(Kind kind) {
  const auto& calls = calls_of(kind);
  Buffer buffer;
  const int last = calls.control(0, calls.info_command, buffer);
  if (last == -1) fail(errno, "cannot list System V {}", kind_noun(kind));
  std::vector<int> ids;
  for (int index = 0; index <= last; ++index) {
    const int id = calls.control(index, calls.stat_command, buffer);
    if (id != -1) ids.push_back(id);
  }
  return ids;
}

}  // namespace ipcutils::sysv
