#include "queue_file.hpp"

#include <fcntl.h>
#include <mqueue.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "../core/failure.hpp"

namespace ipcutils {

namespace {

constexpr const char* mount_point = "/dev/mqueue";
constexpr long mqueue_magic = 0x19800202;

}  // namespace

FileDescriptor open_queue(const PosixName& name, int flags) {
  return FileDescriptor{retry_on_lease([&] { return ::mq_open(name.text.c_str(), flags); })};
}

// With the privilege to mount, mount the mqueue file system of this namespace privately; otherwise use
// /dev/mqueue, which may belong to another namespace.
FileDescriptor open_queue_directory() {
  const FileDescriptor context{static_cast<int>(::syscall(SYS_fsopen, "mqueue", FSOPEN_CLOEXEC))};
  if (context.is_open() && ::syscall(SYS_fsconfig, context.get(), FSCONFIG_CMD_CREATE, 0, 0, 0) == 0) {
    const FileDescriptor mount{
        static_cast<int>(::syscall(SYS_fsmount, context.get(), FSMOUNT_CLOEXEC, MOUNT_ATTR_NOEXEC))};
    FileDescriptor root{::openat(mount.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (root.is_open()) return root;
  }
  struct statfs status;
  if (::statfs(mount_point, &status) != 0 || status.f_type != mqueue_magic)
    throw Error::invalid("cannot list POSIX message queues",
                         fmt::format("no mqueue file system is mounted at {}", mount_point),
                         fmt::format("as root: mkdir -p {0} && mount -t mqueue mqueue {0}", mount_point));
  FileDescriptor directory{::open(mount_point, O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!directory.is_open()) fail(errno, "cannot list '{}'", mount_point);
  return directory;
}

FileDescriptor open_queue_file(const PosixName& name) {
  const auto directory = open_queue_directory();
  return FileDescriptor{::openat(directory.get(), name.text.c_str() + 1, O_PATH | O_NOFOLLOW | O_CLOEXEC)};
}

}  // namespace ipcutils
