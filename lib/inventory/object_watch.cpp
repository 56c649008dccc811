#include <sys/inotify.h>

#include <ipcutils/object_watch.hpp>

#include "../core/failure.hpp"
#include "../file/object_file.hpp"
#include "../mq/queue_file.hpp"

namespace ipcutils {

namespace {

constexpr std::uint32_t events =
    IN_CREATE | IN_MOVED_TO | IN_DELETE | IN_MOVED_FROM | IN_ATTRIB | IN_MODIFY | IN_ONLYDIR;

// The inode of the directory is watched, which stays when the mount of this process alone is closed.
bool watch_queues(FileWatch& watch) {
  try {
    const auto directory = open_queue_directory();
    return watch.add(fmt::format("/proc/self/fd/{}", directory.get()), events);
  } catch (const Error&) {  // there is none
    return false;
  }
}

}  // namespace

ObjectWatch watch_objects(const Selection& selection) {
  const bool has_posix = selection.apis.contains(Api::posix);
  const auto has = [&](Kind kind) { return has_posix && selection.kinds.contains(kind); };
  ObjectWatch watch{{}, !selection.apis.contains(Api::sysv)};
  const bool has_files = has(Kind::shm) || has(Kind::sem) || has(Kind::mb);
  if (has_files && !watch.files.add(posix_shm_directory, events)) watch.is_complete = false;
  if (has(Kind::mq) && !watch_queues(watch.files)) watch.is_complete = false;
  return watch;
}

}  // namespace ipcutils
