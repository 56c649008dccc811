#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <ipcutils/fifo.hpp>
#include <limits>

#include "../core/backoff.hpp"
#include "../core/failure.hpp"
#include "../core/file_type.hpp"
#include "../core/recurring_alarm.hpp"
#include "../core/sysctl.hpp"
#include "../core/trust.hpp"

namespace ipcutils {

namespace {

Reference reference_of(const std::string& path) { return {Kind::fifo, FilePath{path}}; }

struct stat status_of(const FileDescriptor& file, const Reference& reference) {
  struct stat status;
  if (::fstat(file.get(), &status) != 0) fail(errno, "cannot inspect {}", reference.description());
  return status;
}

FileDescriptor open_path(const std::string& path) {
  return FileDescriptor{::open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC)};
}

std::string path_of(const FileDescriptor& file) { return fmt::format("/proc/self/fd/{}", file.get()); }

}  // namespace

std::optional<Fifo> Fifo::create(const std::string& path, mode_t mode) {
  const auto reference = reference_of(path);
  if (::mkfifo(path.c_str(), mode & 0600) != 0) {
    if (errno == EEXIST) return std::nullopt;
    fail(errno, "cannot create {}", reference.description());
  }
  auto file = open_path(path);
  // Until now only we can use it; the umask may have taken even that.
  if (!file.is_open()) fail(errno, "cannot create {}", reference.description());
  const auto status = status_of(file, reference);
  if (!S_ISFIFO(status.st_mode) || status.st_uid != ::geteuid())
    throw Error{EBUSY, fmt::format("cannot create {}", reference.description()), "somebody has replaced it"};
  if ((status.st_mode & 07777) != mode && ::chmod(path_of(file).c_str(), mode) != 0) {
    const int errnum = errno;
    ::unlink(path.c_str());
    fail(errnum, "cannot create {}", reference.description());
  }
  return Fifo{reference, std::move(file)};
}

std::optional<Fifo> Fifo::open_if_exists(const std::string& path, Trust trust) {
  auto reference = reference_of(path);
  auto file = open_path(path);
  if (!file.is_open()) {
    if (errno == ENOENT) return std::nullopt;
    fail(errno, "cannot open {}", reference.description());
  }
  const auto status = status_of(file, reference);
  if (!S_ISFIFO(status.st_mode))
    throw Error::invalid(fmt::format("cannot open {}", reference.description()),
                         fmt::format("it is {}", noun_of(status.st_mode)));
  require_trusted_owner(status.st_uid, reference, trust);
  return Fifo{std::move(reference), std::move(file)};
}

// By /proc, which leads to this very FIFO and not to what may have its name now.
FileDescriptor Fifo::open(int flags) const {
  return FileDescriptor{::open(path_of(m_file).c_str(), flags | O_CLOEXEC)};
}

FileDescriptor Fifo::open_reader() const {
  auto reader = open(O_RDONLY | O_NONBLOCK);
  if (!reader.is_open()) fail(errno, "cannot open {} for reading", m_reference.description());
  return reader;
}

std::optional<FileDescriptor> Fifo::open_writer(const Deadline& deadline) const {
  const auto refuse = [&] { fail(errno, "cannot open {} for writing", m_reference.description()); };
  auto writer = open(O_WRONLY | O_NONBLOCK);
  std::optional<RecurringAlarm> alarm;
  while (!writer.is_open()) {
    if (errno != ENXIO && errno != EINTR) refuse();
    if (deadline.has_passed()) return std::nullopt;
    if (!alarm) alarm.emplace(deadline);
    writer = open(O_WRONLY);  // waits for a reader, and shows one who waits for a writer that we are there
  }
  return writer;
}

bool Fifo::remove_if_same() const {
  const auto& path = std::get<FilePath>(m_reference.name).text;
  const auto ours = status_of(m_file, m_reference);
  struct stat now;
  if (::lstat(path.c_str(), &now) != 0 || now.st_dev != ours.st_dev || now.st_ino != ours.st_ino)
    return false;
  if (::unlink(path.c_str()) == 0) return true;
  if (errno == ENOENT) return false;
  fail(errno, "cannot remove {}", m_reference.description());
}

std::uint64_t unread_bytes(int pipe) {
  int bytes = 0;
  if (::ioctl(pipe, FIONREAD, &bytes) == -1) fail(errno, "cannot inspect a pipe");
  return static_cast<std::uint64_t>(bytes);
}

std::uint64_t set_pipe_capacity(int pipe, std::uint64_t size, const std::string& name) {
  const auto attempt = [&] { return fmt::format("cannot give {} a capacity of {} bytes", name, size); };
  if (size > std::numeric_limits<int>::max()) throw Error{EINVAL, attempt()};
  const int capacity = ::fcntl(pipe, F_SETPIPE_SZ, static_cast<int>(size));
  if (capacity >= 0) return static_cast<std::uint64_t>(capacity);
  if (errno == EPERM)
    throw Error{
        EPERM, attempt(),
        fmt::format("without privilege it is limited by {} and {}", sysctl_with_value("fs.pipe-max-size"),
                    sysctl_with_value("fs.pipe-user-pages-soft"))};
  throw Error{errno, attempt(), errno == EBUSY ? "it holds more than that now" : ""};
}

// tee(2) says what read(2) would, and takes nothing.
bool has_writer(int reader) {
  std::array<int, 2> scratch;
  if (::pipe2(scratch.data(), O_CLOEXEC | O_NONBLOCK) != 0) fail(errno, "cannot make a pipe");
  const FileDescriptor out{scratch[0]};
  const FileDescriptor in{scratch[1]};
  return ::tee(reader, in.get(), 1, SPLICE_F_NONBLOCK) != 0;
}

bool has_reader(int writer) {
  pollfd entry{writer, 0, 0};
  return ::poll(&entry, 1, 0) == 0;
}

Drained wait_until_drained(int writer, const Deadline& deadline) {
  const auto end = [&]() -> std::optional<Drained> {
    const bool is_read = has_reader(writer);  // asked first: who goes after this may have read all
    if (unread_bytes(writer) == 0) return Drained::yes;
    return is_read ? std::nullopt : std::optional{Drained::reader_left};
  };
  return poll_with_backoff(deadline, end).value_or(Drained::too_late);
}

}  // namespace ipcutils
