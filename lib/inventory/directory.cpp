#include "directory.hpp"

#include <algorithm>

#include "../core/failure.hpp"

namespace ipcutils {

Directory::Directory(const std::string& path) : m_directory{::opendir(path.c_str()), ::closedir} {
  if (!m_directory && errno != ENOENT) fail(errno, "cannot list '{}'", path);
}

Directory::Directory(FileDescriptor directory) : m_directory{::fdopendir(directory.get()), ::closedir} {
  if (m_directory)
    directory.release();
  else if (errno != ENOENT && errno != ESRCH)  // of a process that has just ended
    fail(errno, "cannot list a directory");
}

int Directory::descriptor() const { return m_directory ? ::dirfd(m_directory.get()) : -1; }

std::vector<std::string> Directory::leaves() const {
  std::vector<std::string> leaves;
  if (!m_directory) return leaves;
  while (const dirent* entry = ::readdir(m_directory.get())) {
    std::string leaf{entry->d_name};
    if (leaf != "." && leaf != "..") leaves.push_back(std::move(leaf));
  }
  std::ranges::sort(leaves);
  return leaves;
}

}  // namespace ipcutils
