#include <fcntl.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ipcutils/change.hpp>
#include <ipcutils/file_descriptor.hpp>
#include <ipcutils/inventory.hpp>
#include <ipcutils/shared_memory.hpp>
#include <ipcutils/size.hpp>

#include "../core/failure.hpp"
#include "../core/sysctl.hpp"
#include "../file/object_file.hpp"
#include "../mq/queue_file.hpp"
#include "../shm/sysv.hpp"

namespace ipcutils {

namespace {

[[noreturn]] void refuse(int errnum, const Reference& reference, std::string hint = {}) {
  throw Error{errnum, fmt::format("cannot change {}", reference.description()), std::move(hint)};
}

bool is_sysv(const Reference& reference) {
  return !std::holds_alternative<PosixName>(reference.name) &&
         !std::holds_alternative<FilePath>(reference.name);
}

// What IPC_SET looks at. It is taken from the inventory, since IPC_STAT takes permission to read.
ipc_perm permissions_of(const Object& object, const ObjectChange& change) {
  ipc_perm permissions{};
  permissions.uid = change.owner.value_or(object.uid);
  permissions.gid = change.group.value_or(object.gid);
  permissions.mode =
      static_cast<decltype(permissions.mode)>(change.mode.value_or(object.mode) & meaningful_mode);
  return permissions;
}

bool is_about_permissions(const ObjectChange& change) { return change.owner || change.group || change.mode; }

void change_segment(const Object& object, const Reference& reference, const ObjectChange& change) {
  if (object.mode == unfinished_mode) refuse(EBUSY, reference, "it is still being filled");
  if (change.is_locked && ::shmctl(*object.id, *change.is_locked ? SHM_LOCK : SHM_UNLOCK, nullptr) == -1)
    refuse(errno, reference,
           errno == ENOMEM || errno == EPERM
               ? "its owner may lock it, as far as RLIMIT_MEMLOCK allows (ulimit -l)"
               : "");
  if (!is_about_permissions(change)) return;
  shmid_ds status{};
  status.shm_perm = permissions_of(object, change);
  if (::shmctl(*object.id, IPC_SET, &status) == -1) refuse(errno, reference);
}

// Why the kernel refuses a limit on the bytes of a queue. It tells two reasons by one error.
std::string hint_at_limit(const Object& object, std::uint64_t max_bytes) {
  const auto is_self = [self = ::geteuid()](uid_t uid) { return uid == self; };
  const bool may_change =
      is_self(0) || is_self(object.uid) || is_self(object.creator_uid.value_or(object.uid));
  const auto usual = sysctl("kernel.msgmnb");
  if (may_change && (!usual || max_bytes > *usual))
    return fmt::format("more than {} needs the capability CAP_SYS_RESOURCE",
                       sysctl_with_value("kernel.msgmnb"));
  return "only its owner, its creator or root may change it";
}

void change_queue(const Object& object, const Reference& reference, const ObjectChange& change) {
  msqid_ds status{};
  status.msg_perm = permissions_of(object, change);
  const auto max_bytes =
      change.max_bytes ? change.max_bytes : std::get<MessageQueueStatus>(object.status).max_bytes;
  if (!max_bytes) refuse(EIDRM, reference);
  status.msg_qbytes = *max_bytes;
  if (::msgctl(*object.id, IPC_SET, &status) == -1)
    refuse(errno, reference,
           errno == EPERM && change.max_bytes ? hint_at_limit(object, *change.max_bytes) : "");
}

void change_set(const Object& object, const Reference& reference, const ObjectChange& change) {
  semid_ds status{};
  status.sem_perm = permissions_of(object, change);
  if (::semctl(*object.id, 0, IPC_SET, &status) == -1) refuse(errno, reference);
}

void change_file(int file, const Reference& reference, const ObjectChange& change) {
  if (change.owner || change.group) {
    const auto owner = change.owner.value_or(static_cast<uid_t>(-1));
    const auto group = change.group.value_or(static_cast<gid_t>(-1));
    if (set_owner(file, owner, group) != 0) refuse(errno, reference);
  }
  if (change.mode && set_mode(file, *change.mode) != 0) refuse(errno, reference);
}

// Queues have no further names.
void require_changeable_file(int file, const Reference& reference) {
  struct stat status;
  if (::fstat(file, &status) != 0) refuse(errno, reference);
  if (!S_ISREG(status.st_mode))
    throw Error::invalid(fmt::format("cannot change {}", reference.description()),
                         "it is not a regular file");
  if (reference.kind != Kind::mq)
    require_only_name(object_file(reference), status, reference,
                      "chmod, chown and truncate change it all the same");
}

// Without permission to read or write it where that can be had.
FileDescriptor open_to_change(const Reference& reference) {
  if (reference.kind == Kind::mq) {
    const auto& name = std::get<PosixName>(reference.name);
    auto queue = open_queue(name, O_RDONLY | O_NONBLOCK);
    if (!queue.is_open() && errno == EACCES) queue = open_queue_file(name);
    if (!queue.is_open()) refuse(errno, reference);
    return queue;
  }
  auto file = NamedFile::open_if_exists(object_file(reference), O_PATH, Links::followed_unless_sticky);
  if (!file) refuse(ENOENT, reference);
  return std::move(*file).take_descriptor();
}

void resize(const Reference& reference, std::uint64_t size) {
  auto memory = SharedMemory::open(reference, Access::write);
  require_changeable_file(memory.descriptor(), reference);
  const auto old_size = memory.size();
  memory.reserve(old_size, bytes_between(old_size, size));
  memory.resize(size);
}

}  // namespace

void require_changeable(const Reference& reference, const ObjectChange& change) {
  const auto require = [&](bool is_given, bool is_possible, const char* reason) {
    if (is_given && !is_possible)
      throw Error::invalid(fmt::format("cannot change {}", reference.description()), reason);
  };
  const bool is_memory = reference.kind == Kind::shm;
  const bool is_queue = reference.kind == Kind::mq;
  const bool is_mailbox = reference.kind == Kind::mb;
  require(true, is_memory || is_queue || is_mailbox || reference.kind == Kind::sem,
          "only shared memory, message queues, semaphores and mailboxes can be changed");
  require(true, !std::holds_alternative<SysvPrivate>(reference.name), "it is no existing object");
  require(change.size.has_value(), !is_mailbox, "a mailbox keeps its size");
  require(change.size.has_value(), is_memory, "only shared memory has a size");
  require(change.size.has_value(), !is_sysv(reference), "a System V segment keeps its size");
  require(change.max_bytes.has_value(), is_queue && is_sysv(reference),
          "only System V queues have a limit that can be changed");
  require(change.is_locked.has_value(), is_memory && is_sysv(reference),
          "only System V shared memory can be locked");
}

bool change_if_exists(const Reference& reference, const ObjectChange& change) {
  require_changeable(reference, change);
  const auto object = find_object(reference);
  if (!object) return false;
  if (object->id) {
    switch (reference.kind) {
      case Kind::shm:
        change_segment(*object, reference, change);
        break;
      case Kind::mq:
        change_queue(*object, reference, change);
        break;
      default:
        change_set(*object, reference, change);
    }
    return true;
  }
  if (change.size) resize(reference, *change.size);
  if (!is_about_permissions(change)) return true;
  const auto file = open_to_change(reference);
  require_changeable_file(file.get(), reference);
  change_file(file.get(), reference, change);
  return true;
}

}  // namespace ipcutils
