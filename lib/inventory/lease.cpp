#include "lease.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <ipcutils/file_descriptor.hpp>

#include "../file/lease.hpp"
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

}  // namespace

Answer is_in_use(const Object& object) {
  const auto file = open_for_lease(object);
  if (!file.is_open() || !is_still(object, file.get())) return Answer::unknown;
  const auto answer = is_open_elsewhere(file.get());
  if (!answer) return Answer::unknown;
  return *answer ? Answer::yes : Answer::no;
}

}  // namespace ipcutils
