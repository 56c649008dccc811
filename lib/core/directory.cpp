#include "directory.hpp"

#include <algorithm>

#include "failure.hpp"

namespace ipcutils {

namespace {

// The errors of a directory of /proc whose process has just ended.
bool has_ended(int errnum) { return errnum == ENOENT || errnum == ESRCH; }

}  // namespace

Directory::Directory(const std::string& path)
    : m_description{fmt::format("'{}'", path)}, m_directory{::opendir(path.c_str()), ::closedir} {
  if (!m_directory && errno != ENOENT) fail(errno, "cannot list {}", m_description);
}

Directory::Directory(FileDescriptor directory)
    : m_description{"a directory"}, m_directory{::fdopendir(directory.get()), ::closedir} {
  if (m_directory)
    directory.release();
  else if (!has_ended(errno))
    fail(errno, "cannot list {}", m_description);
}

int Directory::descriptor() const { return m_directory ? ::dirfd(m_directory.get()) : -1; }

std::vector<std::string> Directory::leaves() const {
  std::vector<std::string> leaves;
  if (!m_directory) return leaves;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(m_directory.get());
    if (entry == nullptr) break;
    std::string leaf{entry->d_name};
    if (leaf != "." && leaf != "..") leaves.push_back(std::move(leaf));
  }
  if (errno != 0 && !has_ended(errno)) fail(errno, "cannot list all of {}", m_description);
  std::ranges::sort(leaves);
  return leaves;
}

}  // namespace ipcutils
