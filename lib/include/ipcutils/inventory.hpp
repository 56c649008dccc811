// Which objects of interprocess communication this system has.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <ctime>
#include <ipcutils/error.hpp>
#include <ipcutils/export.hpp>
#include <ipcutils/mailbox.hpp>
#include <ipcutils/reference.hpp>
#include <ipcutils/semaphore_set.hpp>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

namespace ipcutils {

enum class Api { sysv, posix, file };

// "sysv", "posix", "file"
IPCUTILS_EXPORT const char* api_name(Api api) noexcept;

// What only shared memory has. Absent: this API does not tell.
struct SharedMemoryStatus {
  std::uint64_t size;                     // bytes
  std::optional<std::uint64_t> attached;  // times attached, by shmat(2)
  std::optional<pid_t> creator;           // 0: in another PID namespace
  std::optional<pid_t> last_user;  // who attached or detached last; 0: nobody yet, or not in this namespace
  std::optional<std::time_t> attach_time;  // of the last shmat(2); 0: never
  std::optional<std::time_t> detach_time;
  std::optional<std::uint64_t> resident;  // bytes in memory; absent: only /proc/sysvipc has it
  std::optional<std::uint64_t> swapped;   // bytes in swap; POSIX: 0
  bool removed = false;                   // marked for removal, waits for the last process to detach
  bool locked = false;                    // cannot be swapped out (SHM_LOCK)
};

// What only message queues have. Absent: this API does not tell, or the caller may not read the queue.
struct MessageQueueStatus {
  std::optional<std::uint64_t> messages;          // in the queue
  std::optional<std::uint64_t> bytes;             // of these messages
  std::optional<std::uint64_t> max_messages;      // POSIX
  std::optional<std::uint64_t> max_message_size;  // bytes; POSIX
  std::optional<std::uint64_t> max_bytes;         // System V
  std::optional<pid_t> last_sender;               // System V; 0: nobody yet, or not in this namespace
  std::optional<pid_t> last_receiver;
  std::optional<std::time_t> send_time;  // of the last msgsnd(2); 0: never
  std::optional<std::time_t> receive_time;
};

// What only semaphores have.
struct SemaphoreStatus {
  unsigned count;                                     // of semaphores in the set; POSIX: 1
  std::optional<std::vector<SemaphoreState>> states;  // of each; absent: the caller may not read them
  std::optional<std::time_t> operation_time;          // System V, of the last semop(2); 0: never
};

// What only FIFOs have: processes that have it open, as far as they may be looked at; not those that wait for
// the other side in open(2). Absent: /proc lists no processes.
struct FifoStatus {
  std::optional<std::uint64_t> readers;
  std::optional<std::uint64_t> writers;
  std::optional<std::uint64_t>
      bytes;  // written and not yet read; absent: nobody has it open, or may be asked
};

// What makes a file the same file.
struct FileIdentity {
  dev_t device;
  ino_t inode;
  auto operator<=>(const FileIdentity&) const = default;
};

// What can be said without guessing.
enum class Answer { no, yes, unknown };

struct Holder {
  pid_t pid;
  std::string command;  // its name, as /proc/PID/comm has it
  auto operator<=>(const Holder&) const = default;
};

// The processes that hold an object: by attaching or mapping it, or by a descriptor. Of System V queues and
// semaphores nobody is known, and whether there are others is unknown.
struct HolderList {
  std::vector<Holder> known;  // by process
  Answer others;              // whether there are others, who could not be looked at
};

// The processes that wait for a semaphore, or for one of a set.
struct WaiterList {
  std::vector<Holder> known;  // by process
  std::uint64_t unknown;      // how many threads wait besides, of processes that are not known
  auto operator<=>(const WaiterList&) const = default;
};

// A receiver that has joined a mailbox and lives.
struct MailboxReceiver {
  Holder process;          // pid 0: in another PID namespace
  bool is_stopped;         // by a signal, so that it reads nothing
  std::uint64_t messages;  // that it has not read yet
  std::uint64_t lost;      // that were overwritten before it could read them, as far as it has noticed
  auto operator<=>(const MailboxReceiver&) const = default;
};

// What only mailboxes have. Absent: the caller may not read the mailbox.
struct MailboxStatus {
  std::uint64_t size;  // bytes of messages that it holds; 0: unknown
  std::optional<OnFull> on_full;
  std::optional<std::uint64_t> messages;                  // that the slowest receiver has not read yet
  std::optional<std::uint64_t> bytes;                     // of these, with what the mailbox adds to each
  std::optional<std::uint64_t> sent;                      // ever
  std::optional<std::uint64_t> dropped;                   // ever, since there was no room
  std::optional<std::vector<MailboxReceiver>> receivers;  // by process
  std::optional<std::uint64_t> senders;                   // that have it open and live
};

// One object, as it was at the moment of looking.
struct Object {
  Reference reference;  // canonical
  Api api;
  std::optional<std::uint32_t> key;  // System V; 0: private, or removed
  std::optional<int> id;             // System V
  std::optional<FileIdentity> file;  // behind a POSIX object or mapped file
  mode_t mode;                       // permission bits
  uid_t uid;
  gid_t gid;
  std::optional<uid_t> creator_uid;  // System V
  std::optional<gid_t> creator_gid;
  std::optional<std::time_t> change_time;     // System V: of the last change by IPC_SET, or the making
  std::optional<timespec> modification_time;  // POSIX: of the last write(2), or change of owner or mode
  std::variant<SharedMemoryStatus, MessageQueueStatus, SemaphoreStatus, FifoStatus, MailboxStatus>
      status;                                        // by the kind
  std::optional<HolderList> holders = std::nullopt;  // absent: not looked for, see look_for_holders()
  std::optional<WaiterList> waiters = std::nullopt;  // absent: the same, see look_for_waiters(), or unknown
};

// How System V objects are ordered: by identifier, or as the kernel's tables have them, which is how
// /proc/sysvipc and ipcs(1) show them. An identifier is the place in the table and a count of its uses.
enum class SysvOrder { identifier, table };

// Which objects to look for, and how closely.
struct Selection {
  std::set<Kind> kinds = {Kind::shm, Kind::mq, Kind::sem, Kind::mb};
  std::set<Api> apis = {Api::sysv, Api::posix};
  // Also what objects must be opened for, or asked one by one: the messages of POSIX queues, the limits of
  // queues, the values of semaphores. Absent otherwise.
  bool contents = true;
  SysvOrder order = SysvOrder::identifier;
};

// All objects of the selection (mapped files are never among them) that this process's IPC namespace and its
// /dev/shm hold, whoever owns them: by kind, then System V by identifier, then POSIX by name. What is in
// /dev/shm and is no object (a directory, a FIFO, a symbolic link, a file that only looks like a semaphore or
// a mailbox) is left out. Does not block. Sources: proc_sysvipc(5), shm_overview(7), mq_overview(7).
//
// System V objects are read from /proc/sysvipc, and where that fails by the calls SHM_STAT_ANY, MSG_STAT_ANY
// and SEM_STAT_ANY. POSIX queues can be listed by who may mount their file system, or where that of this IPC
// namespace is mounted at /dev/mqueue; ENODEV otherwise. What cannot be listed is an Error, also of a single
// object, which `failures` gets instead of the caller, if given.
IPCUTILS_EXPORT std::vector<Object> list_objects(const Selection& selection = {},
                                                 std::vector<Error>* failures = nullptr);

// One object by reference, also a FIFO; nothing when there is none. Where that cannot be known it is an
// Error, as above; for POSIX queues only of those that may not be opened. A file that is no mailbox or no
// FIFO is an Error (EINVAL), too.
IPCUTILS_EXPORT std::optional<Object> find_object(const Reference& reference);

// Removes an object of any kind that can be listed; false when there is none.
IPCUTILS_EXPORT bool remove_object_if_exists(const Reference& reference);

// Removes an object that was looked at, unless another has its name meanwhile; false when it has gone. The
// identifier of a System V object is never another's. The file behind a name is renamed aside for a moment,
// looked at, and removed or given its name back; SIGKILL alone can leave it aside, as ".NAME.PID.N". A mqueue
// file system cannot rename, so a queue that takes the name between the look and mq_unlink(3) is removed.
IPCUTILS_EXPORT bool remove_object_if_same(const Object& object);

}  // namespace ipcutils
