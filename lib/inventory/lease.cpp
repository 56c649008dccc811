#include "lease.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <ipcutils/file_descriptor.hpp>
#include <ipcutils/signal_block.hpp>

#include "../core/failure.hpp"
#include "../file/object_file.hpp"
#include "../mq/queue_file.hpp"

namespace ipcutils {

namespace {

FileDescriptor open_for_lease(const Object& object) {
  const auto& reference = object.reference;
  constexpr int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY;
  if (reference.kind == Kind::fifo) return {};  // to open it would be seen at its other end
  const auto* name = std::get_if<PosixName>(&reference.name);
  if (name != nullptr && reference.kind == Kind::mq) return try_open_queue(*name, O_RDONLY | O_NONBLOCK);
  if (!object_path(reference)) return {};
  return object_file(reference).open(name != nullptr ? flags | O_NOFOLLOW : flags);
}

bool is_still(const Object& object, int file) {
  struct stat status;
  return ::fstat(file, &status) == 0 && object.file == FileIdentity{status.st_dev, status.st_ino};
}

// Who opens a file with a lease makes the kernel send its holder SIGIO. It is taken here.
void take_pending_sigio() {
  sigset_t only;
  ::sigemptyset(&only);
  ::sigaddset(&only, SIGIO);
  const struct timespec at_once {};
  ::sigtimedwait(&only, nullptr, &at_once);
}

}  // namespace

Answer is_in_use(const Object& object) {
  const auto file = open_for_lease(object);
  if (!file.is_open() || !is_still(object, file.get())) return Answer::unknown;
  const SignalBlock block;
  // Otherwise any thread of the process that has not blocked SIGIO would get it.
  const f_owner_ex this_thread{F_OWNER_TID, ::gettid()};
  if (::fcntl(file.get(), F_SETOWN_EX, &this_thread) == -1) return Answer::unknown;
  if (::fcntl(file.get(), F_SETLEASE, F_WRLCK) == -1) return errno == EAGAIN ? Answer::yes : Answer::unknown;
  ::fcntl(file.get(), F_SETLEASE, F_UNLCK);
  take_pending_sigio();
  return Answer::no;
}

}  // namespace ipcutils
