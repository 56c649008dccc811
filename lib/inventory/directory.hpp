// Directories of objects. Internal.
#pragma once

#include <dirent.h>

#include <ipcutils/file_descriptor.hpp>
#include <memory>
#include <string>
#include <vector>

namespace ipcutils {

class Directory {
 public:
  explicit Directory(const std::string& path);   // empty when there is none
  explicit Directory(FileDescriptor directory);  // empty when it has gone

  int descriptor() const;                   // -1: there is none
  std::vector<std::string> leaves() const;  // names but for "." and "..", sorted; once

 private:
  std::unique_ptr<DIR, int (*)(DIR*)> m_directory;
};

}  // namespace ipcutils
