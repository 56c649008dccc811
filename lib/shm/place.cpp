#include "place.hpp"

#include <sys/stat.h>

namespace ipcutils {

std::string Place::description() const { return reference.description(); }

bool Place::may_follow_links() const {
  struct stat status;
  return ::stat(directory.c_str(), &status) == 0 && (status.st_mode & S_ISVTX) == 0;
}

Place Place::of(const Reference& reference, const PosixName& name) {
  const auto prefix = reference.kind == Kind::sem ? "sem." : "";
  return {reference, posix_shm_directory, prefix + name.text.substr(1)};
}

Place Place::of(const Reference& reference, const FilePath& path) {
  const auto slash = path.text.rfind('/');
  if (slash == path.text.npos) return {reference, ".", path.text};
  return {reference, slash == 0 ? "/" : path.text.substr(0, slash), path.text.substr(slash + 1)};
}

}  // namespace ipcutils
