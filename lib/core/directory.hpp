// Directories of objects. Internal.
#pragma once

#include <dirent.h>

#include <ipcutils/file_descriptor.hpp>
#include <memory>
#include <string>
#include <vector>

namespace ipcutils {

// Constructors throw Error when the directory exists and cannot be listed.
class Directory {
 public:
  explicit Directory(const std::string& path);   // empty when it does not exist
  explicit Directory(FileDescriptor directory);  // empty when it belongs to a process that has ended

  int descriptor() const;  // -1: it does not exist

  // The names in it but "." and "..", sorted; to be called once. Throws Error when it cannot be read to its
  // end.
  std::vector<std::string> leaves() const;

 private:
  std::string m_description;
  std::unique_ptr<DIR, int (*)(DIR*)> m_directory;
};

}  // namespace ipcutils
