#include "queue_file.hpp"

#include <fcntl.h>
#include <mqueue.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <system_error>
#include <thread>

#include "../core/directory.hpp"
#include "../core/failure.hpp"

namespace ipcutils {

namespace {

constexpr const char* mount_point = "/dev/mqueue";
constexpr long mqueue_magic = 0x19800202;

// The queues of the IPC namespace of the calling thread, mounted for this process alone. -1 and errno without
// the privilege to mount.
FileDescriptor mount_for_this_process() {
  const FileDescriptor context{static_cast<int>(::syscall(SYS_fsopen, "mqueue", FSOPEN_CLOEXEC))};
  if (!context.is_open() || ::syscall(SYS_fsconfig, context.get(), FSCONFIG_CMD_CREATE, 0, 0, 0) != 0)
    return {};
  const FileDescriptor mount{
      static_cast<int>(::syscall(SYS_fsmount, context.get(), FSMOUNT_CLOEXEC, MOUNT_ATTR_NOEXEC))};
  return FileDescriptor{::openat(mount.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
}

// The same for the root user of a user namespace (unshare --map-root-user --ipc), who may mount only in a
// mount namespace of that user namespace. A thread enters one, so that the process stays where it is.
FileDescriptor mount_from_own_namespace() {
  FileDescriptor root;
  try {
    std::thread{[&] {
      if (::unshare(CLONE_NEWNS) == 0) root = mount_for_this_process();
    }}.join();
  } catch (const std::system_error&) {  // no thread to be had
  }
  return root;
}

// Whether a directory of queues is that of this IPC namespace. mq_open(3) knows only the queues of its own
// namespace, so one queue decides that may be opened, or that exists in the directory alone. Where no queue
// decides, the directory is taken for the right one.
bool is_of_this_namespace(const FileDescriptor& directory) {
  FileDescriptor copy{::openat(directory.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!copy.is_open()) return true;
  const Directory queues{std::move(copy)};
  for (const auto& leaf : queues.leaves()) {
    struct stat listed;
    struct stat opened;
    const auto queue = try_open_queue({"/" + leaf}, O_RDONLY | O_NONBLOCK);
    const int errnum = queue.is_open() ? 0 : errno;
    if (::fstatat(directory.get(), leaf.c_str(), &listed, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (errnum == ENOENT) return false;
    if (errnum == 0 && ::fstat(queue.get(), &opened) == 0) return opened.st_dev == listed.st_dev;
  }
  return true;
}

[[noreturn]] void refuse_mount(std::string reason) {
  throw Error::because(ENODEV, "cannot list POSIX message queues", std::move(reason),
                       fmt::format("as root: mkdir -p {0} && mount -t mqueue mqueue {0}", mount_point));
}

}  // namespace

FileDescriptor open_queue(const PosixName& name, int flags) {
  return FileDescriptor{retry_on_lease([&] { return ::mq_open(name.text.c_str(), flags); })};
}

FileDescriptor try_open_queue(const PosixName& name, int flags) {
  return FileDescriptor{retry_on_eintr([&] { return ::mq_open(name.text.c_str(), flags); })};
}

// With the privilege to mount, mount the mqueue file system of this namespace privately; otherwise use
// /dev/mqueue, which may belong to another namespace.
FileDescriptor open_queue_directory() {
  auto root = mount_for_this_process();
  if (!root.is_open() && ::geteuid() == 0) root = mount_from_own_namespace();
  if (root.is_open()) return root;
  struct statfs status;
  if (::statfs(mount_point, &status) != 0 || status.f_type != mqueue_magic)
    refuse_mount(fmt::format("no mqueue file system is mounted at {}", mount_point));
  FileDescriptor directory{::open(mount_point, O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!directory.is_open()) fail(errno, "cannot list '{}'", mount_point);
  if (!is_of_this_namespace(directory))
    refuse_mount(fmt::format("{} shows those of another IPC namespace", mount_point));
  return directory;
}

FileDescriptor open_queue_file(const PosixName& name) {
  const auto directory = open_queue_directory();
  return FileDescriptor{::openat(directory.get(), name.text.c_str() + 1, O_PATH | O_NOFOLLOW | O_CLOEXEC)};
}

}  // namespace ipcutils
