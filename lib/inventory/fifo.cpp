#include "fifo.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <charconv>
#include <ipcutils/fifo.hpp>

#include "../core/directory.hpp"
#include "../core/failure.hpp"
#include "object.hpp"
#include "processes.hpp"

namespace ipcutils {

namespace {

const std::string& path_of(const Reference& reference) { return std::get<FilePath>(reference.name).text; }

std::optional<int> number_in(const std::string& text) {
  int number = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
  return result.ec == std::errc{} ? std::optional{number} : std::nullopt;
}

// An open descriptor of a process, and what it may do. The link in /proc/PID/fd has the permissions of its
// mode.
struct End {
  int pid;
  int descriptor;
  bool reads;
  bool writes;
};

// What is in the pipe, asked of a copy of somebody's end: to open another end would let a writer who waits
// for a reader go on, and lose what it writes. pidfd_getfd(2). Nothing and errno where that is refused.
std::optional<std::uint64_t> bytes_behind(const End& end) {
  const FileDescriptor process{static_cast<int>(::syscall(SYS_pidfd_open, end.pid, 0))};
  if (!process.is_open()) return std::nullopt;
  const FileDescriptor copy{static_cast<int>(::syscall(SYS_pidfd_getfd, process.get(), end.descriptor, 0))};
  return copy.is_open() ? std::optional{unread_bytes(copy.get())} : std::nullopt;
}

// Whether the end has been closed since it was found.
bool is_closed(int errnum) { return errnum == ESRCH || errnum == EBADF; }

std::vector<End> ends_in(int pid, const FileIdentity& fifo) {
  std::vector<End> ends;
  FileDescriptor descriptors{
      ::open(fmt::format("/proc/{}/fd", pid).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!descriptors.is_open()) return ends;  // it has gone, or may not be looked at
  const Directory directory{std::move(descriptors)};
  for (const auto& leaf : directory.leaves()) {
    struct stat file;
    struct stat link;
    if (::fstatat(directory.descriptor(), leaf.c_str(), &file, 0) != 0 || !S_ISFIFO(file.st_mode) ||
        FileIdentity{file.st_dev, file.st_ino} != fifo ||
        ::fstatat(directory.descriptor(), leaf.c_str(), &link, AT_SYMLINK_NOFOLLOW) != 0)
      continue;
    const End end{pid, number_in(leaf).value_or(-1), (link.st_mode & S_IRUSR) != 0,
                  (link.st_mode & S_IWUSR) != 0};
    if (end.reads || end.writes) ends.push_back(end);
  }
  return ends;
}

FifoStatus status_of(const FileIdentity& fifo) {
  const auto processes = list_processes();
  if (!processes) return {};
  std::uint64_t readers = 0;
  std::uint64_t writers = 0;
  FifoStatus status{};
  for (const auto pid : *processes) {
    bool reads = false;
    bool writes = false;
    for (const auto& end : ends_in(pid, fifo)) {
      if (!status.bytes) status.bytes = bytes_behind(end);
      if (!status.bytes && is_closed(errno)) continue;
      reads = reads || end.reads;
      writes = writes || end.writes;
    }
    readers += reads;
    writers += writes;
  }
  status.readers = readers;
  status.writers = writers;
  return status;
}

}  // namespace

std::optional<Object> find_fifo(const Reference& reference) {
  // Not opened: who waits for something to happen to it would wait for us.
  struct stat file;
  if (::lstat(path_of(reference).c_str(), &file) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    fail(errno, "cannot inspect {}", reference.description());
  }
  if (!S_ISFIFO(file.st_mode))
    throw Error::invalid(fmt::format("cannot inspect {}", reference.description()), "it is no FIFO");
  return object_of_file(file, reference, Api::file, status_of({file.st_dev, file.st_ino}));
}

bool remove_fifo_if_exists(const Reference& reference) {
  const auto fifo = Fifo::open_if_exists(path_of(reference));
  return fifo && fifo->remove_if_same();
}

}  // namespace ipcutils
