#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <ipcutils/error.hpp>
#include <ipcutils/file_descriptor.hpp>
#include <ipcutils/isolation.hpp>
#include <string>

#include "../core/failure.hpp"

namespace ipcutils {

namespace {

constexpr int namespaces = CLONE_NEWIPC | CLONE_NEWNS;

[[noreturn]] void refuse(std::string attempt) {
  const int errnum = errno;
  throw Error{
      errnum, std::move(attempt),
      errnum == EPERM || errnum == ENOSPC
          ? "without privilege it takes user namespaces, which this system does not allow to this user"
          : ""};
}

void write_to(const char* path, const std::string& text) {
  const FileDescriptor file{::open(path, O_WRONLY | O_CLOEXEC)};
  if (!file.is_open() || ::write(file.get(), text.data(), text.size()) == -1)
    refuse(fmt::format("cannot write '{}'", path));
}

// As oneself, with the right to make the other namespaces until a program is executed.
void enter_user_namespace() {
  const auto uid = ::geteuid();
  const auto gid = ::getegid();
  if (::unshare(CLONE_NEWUSER | namespaces) != 0) refuse("cannot make namespaces");
  write_to("/proc/self/setgroups", "deny");
  write_to("/proc/self/uid_map", fmt::format("{0} {0} 1", uid));
  write_to("/proc/self/gid_map", fmt::format("{0} {0} 1", gid));
}

void mount_fresh(const char* type, const char* path, const char* options) {
  struct stat status;
  if (::stat(path, &status) != 0 && errno == ENOENT) return;
  if (::mount(type, path, type, MS_NOSUID | MS_NODEV | MS_NOEXEC, options) != 0)
    refuse(fmt::format("cannot mount '{}'", path));
}

}  // namespace

void isolate() {
  if (::unshare(namespaces) != 0) {
    if (errno != EPERM) refuse("cannot make namespaces");
    enter_user_namespace();
  }
  // What is mounted here must not show up outside.
  if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
    refuse("cannot make the mounts private");
  mount_fresh("tmpfs", "/dev/shm", "mode=1777");
  mount_fresh("mqueue", "/dev/mqueue", nullptr);
}

}  // namespace ipcutils
