// Waiting for a file to appear or to go. Internal.
#pragma once

#include <ipcutils/deadline.hpp>
#include <ipcutils/file_descriptor.hpp>
#include <string>

namespace ipcutils {

// Watches a directory by inotify(7) from its construction on, so that nothing is missed between a look and a
// wait.
class DirectoryWatch {
 public:
  explicit DirectoryWatch(const std::string& directory);

  // Blocks until something got or lost a name there or `deadline` has passed; where the directory cannot be
  // watched (it is not there yet), for a moment at most.
  void wait(const Deadline& deadline);

 private:
  FileDescriptor m_inotify;  // not open: the directory cannot be watched
};

}  // namespace ipcutils
