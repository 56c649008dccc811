#include "open_files.hpp"

#include <fcntl.h>

#include "../core/directory.hpp"
#include "../core/failure.hpp"

namespace ipcutils {

bool for_each_open_file(pid_t pid, const UseOpenFile& use) {
  const auto path = fmt::format("/proc/{}/fd", pid);
  const FileDescriptor directory{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!directory.is_open()) return errno == ENOENT || errno == ESRCH;
  try {
    FileDescriptor copy{::fcntl(directory.get(), F_DUPFD_CLOEXEC, 0)};
    for (const auto& leaf : Directory{std::move(copy)}.leaves()) {
      struct stat file;
      if (::fstatat(directory.get(), leaf.c_str(), &file, 0) == 0 &&
          (S_ISREG(file.st_mode) || S_ISFIFO(file.st_mode)))
        use(fmt::format("{}/{}", path, leaf), file);
    }
  } catch (const Error&) {  // of this process alone
    return false;
  }
  return true;
}

}  // namespace ipcutils
