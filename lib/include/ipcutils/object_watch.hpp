// Being told by the kernel that objects may have changed.
#pragma once

#include <ipcutils/export.hpp>
#include <ipcutils/file_watch.hpp>
#include <ipcutils/inventory.hpp>

namespace ipcutils {

struct ObjectWatch {
  FileWatch files;   // readable when something has happened to a POSIX object
  bool is_complete;  // whether that is so of all objects of the selection, and all of them are POSIX objects
};

// Watches the POSIX objects of a selection: that one comes or goes, or gets another name, owner or mode, and
// that shared memory gets another size or is written to, but not through a mapping. What is in queues and
// semaphores the kernel does not tell of, and of System V objects nothing. Stands on inotify(7).
IPCUTILS_EXPORT ObjectWatch watch_objects(const Selection& selection);

}  // namespace ipcutils
