#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ipcutils/quote.hpp>
#include <ipcutils/signal_block.hpp>
#include <ipcutils/socket_file.hpp>

#include "../core/backoff.hpp"
#include "../core/failure.hpp"
#include "../core/file_type.hpp"
#include "liveness.hpp"

namespace ipcutils {

namespace {

using std::chrono::milliseconds;

constexpr auto lock_suffix = ".ipclock";
constexpr std::chrono::seconds lock_patience{5};
constexpr milliseconds settling_time{5};

std::string name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

std::string directory_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == path.npos ? "." : path.substr(0, slash + 1);
}

std::string proc_path(const FileDescriptor& file) { return fmt::format("/proc/self/fd/{}", file.get()); }

struct stat status_of(const FileDescriptor& file, const std::string& path) {
  struct stat status;
  if (::fstat(file.get(), &status) != 0) fail(errno, "cannot inspect socket {}", quote(path));
  return status;
}

bool is_same(const struct stat& left, const struct stat& right) {
  return left.st_dev == right.st_dev && left.st_ino == right.st_ino;
}

// A file whose lock is held; the file goes with it.
class LockFile {
 public:
  // Nothing when another has it, or has just removed it.
  static std::optional<LockFile> try_take(const FileDescriptor& directory, std::string name,
                                          const std::string& path) {
    const auto refuse = [&](int errnum) { fail(errnum, "cannot lock {}", quote(path + lock_suffix)); };
    constexpr int flags = O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    // Not O_CREAT for one that is there, which fs.protected_regular forbids for that of another user.
    FileDescriptor file{::openat(directory.get(), name.c_str(), flags)};
    if (!file.is_open() && errno == ENOENT) {
      file.reset(::openat(directory.get(), name.c_str(), flags | O_CREAT | O_EXCL, 0600));
      if (!file.is_open() && errno == EEXIST) return std::nullopt;
    }
    if (!file.is_open()) refuse(errno);
    struct stat opened, named;
    if (::fstat(file.get(), &opened) != 0) refuse(errno);
    if (!S_ISREG(opened.st_mode) || opened.st_size != 0) refuse(EEXIST);  // somebody else's
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno == EWOULDBLOCK || errno == EINTR) return std::nullopt;
      refuse(errno);
    }
    // Who had it before has removed it; then there may be another.
    if (::fstatat(directory.get(), name.c_str(), &named, AT_SYMLINK_NOFOLLOW) != 0 || !is_same(opened, named))
      return std::nullopt;
    return LockFile{directory, std::move(name), std::move(file)};
  }

  LockFile(LockFile&&) noexcept = default;
  ~LockFile() {
    if (m_file.is_open()) ::unlinkat(m_directory->get(), m_name.c_str(), 0);
  }

 private:
  LockFile(const FileDescriptor& directory, std::string name, FileDescriptor file)
      : m_directory{&directory}, m_name{std::move(name)}, m_file{std::move(file)} {}

  const FileDescriptor* m_directory;
  std::string m_name;
  FileDescriptor m_file;
};

}  // namespace

std::optional<SocketFile> SocketFile::open_if_exists(const std::string& path) {
  const auto attempt = [&] { return fmt::format("cannot open socket {}", quote(path)); };
  const auto name = name_of(path);
  if (path.find('\0') != path.npos) throw Error::invalid(attempt(), "it contains a NUL");
  if (name.empty()) throw Error{path.empty() ? ENOENT : EISDIR, attempt()};
  FileDescriptor directory{::open(directory_of(path).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
  if (!directory.is_open()) {
    if (errno == ENOENT) return std::nullopt;
    throw Error{errno, attempt()};
  }
  const bool is_sticky = (status_of(directory, path).st_mode & S_ISVTX) != 0;
  FileDescriptor file{
      ::openat(directory.get(), name.c_str(), O_PATH | O_CLOEXEC | (is_sticky ? O_NOFOLLOW : 0))};
  if (!file.is_open()) {
    if (errno == ENOENT) return std::nullopt;
    throw Error{errno, attempt()};
  }
  const auto status = status_of(file, path);
  if (S_ISLNK(status.st_mode))
    throw Error::because(ELOOP, attempt(),
                         "it is a symbolic link in a sticky directory, which is not followed");
  if (!S_ISSOCK(status.st_mode))
    throw Error::because(ENOTSOCK, attempt(), fmt::format("it is {}", noun_of(status.st_mode)));
  return SocketFile{path, std::move(directory), std::move(file)};
}

SocketFile SocketFile::bind(int socket, const std::string& path, mode_t mode) {
  const auto attempt = [&] { return fmt::format("cannot create socket {}", quote(path)); };
  const auto name = name_of(path);
  if (path.find('\0') != path.npos) throw Error::invalid(attempt(), "it contains a NUL");
  if (name.empty() || name == "." || name == "..") throw Error{path.empty() ? ENOENT : EISDIR, attempt()};
  FileDescriptor directory{::open(directory_of(path).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
  if (!directory.is_open()) throw Error{errno, attempt()};

  const bool is_short = path.size() <= SocketAddress::longest_path;
  const auto told = is_short ? path : fmt::format("{}/{}", proc_path(directory), name);
  if (told.size() > SocketAddress::longest_path)
    throw Error{
        ENAMETOOLONG, attempt(),
        fmt::format("a path has at most {} bytes, or its last component {}", SocketAddress::longest_path,
                    SocketAddress::longest_path - proc_path(directory).size() - 1)};
  const auto address = SocketAddress::of_path(told);

  // The file gets the mode of the socket but for the umask.
  if (::fchmod(socket, mode) != 0) throw Error{errno, attempt()};

  const auto open_named = [&]() -> std::optional<SocketFile> {
    FileDescriptor file{::openat(directory.get(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC)};
    if (!file.is_open() && errno == ENOENT) return std::nullopt;
    if (!file.is_open()) throw Error{errno, attempt()};
    FileDescriptor same{::fcntl(directory.get(), F_DUPFD_CLOEXEC, 0)};
    if (!same.is_open()) throw Error{errno, attempt()};
    return SocketFile{path, std::move(same), std::move(file)};
  };

  const auto remove_stale = [&](const SocketFile& file) {
    const auto status = status_of(file.m_file, path);
    if (!S_ISSOCK(status.st_mode))
      throw Error::because(EADDRINUSE, attempt(),
                           S_ISLNK(status.st_mode)
                               ? "a symbolic link has that name"
                               : fmt::format("{} has that name", noun_of(status.st_mode)));
    const auto require_stale = [&] {
      if (file.is_live()) throw Error{EADDRINUSE, attempt()};
    };
    // bind(2) makes the file a moment before the socket is known to be bound to it.
    require_stale();
    ::poll(nullptr, 0, static_cast<int>(settling_time.count()));
    require_stale();
    file.remove_if_same();
  };

  const auto bind_locked = [&]() -> std::optional<SocketFile> {
    const SignalBlock block;  // that would leave the lock, or a socket that nobody knows of
    const auto lock = LockFile::try_take(directory, name + lock_suffix, path);
    if (!lock) return std::nullopt;
    if (::bind(socket, address.data(), address.size()) != 0) {
      if (errno != EADDRINUSE) throw Error{errno, attempt()};
      if (const auto old = open_named()) remove_stale(*old);
      if (::bind(socket, address.data(), address.size()) != 0) throw Error{errno, attempt()};
    }
    auto file = open_named();
    if (!file) throw Error::because(EBUSY, attempt(), "somebody has removed it");
    const auto status = status_of(file->m_file, path);
    if (!S_ISSOCK(status.st_mode) || status.st_uid != ::geteuid())
      throw Error::because(EBUSY, attempt(), "somebody has replaced it");
    if ((status.st_mode & 07777) != mode && ::chmod(proc_path(file->m_file).c_str(), mode) != 0) {
      const int errnum = errno;
      file->remove_if_same();
      throw Error{errnum, attempt()};
    }
    return file;
  };

  auto file = poll_with_backoff(Deadline::after(lock_patience), bind_locked);
  if (!file)
    throw Error::because(EADDRINUSE, attempt(), fmt::format("somebody holds {}", quote(path + lock_suffix)));
  return std::move(*file);
}

SocketAddress SocketFile::address() const {
  const auto path = proc_path(m_file);
  if (m_path.size() <= SocketAddress::longest_path && ::access(path.c_str(), F_OK) != 0)
    return SocketAddress::of_path(m_path);  // no /proc
  return SocketAddress::of_path(path);
}

uid_t SocketFile::owner() const { return status_of(m_file, m_path).st_uid; }

mode_t SocketFile::mode() const { return status_of(m_file, m_path).st_mode & 07777; }

bool SocketFile::is_live() const {
  const auto status = status_of(m_file, m_path);
  if (listed_liveness(status.st_dev, status.st_ino) == Liveness::live) return true;
  const auto answer = probed_liveness(address());
  if (answer == Liveness::unknown)
    throw Error{EACCES, fmt::format("cannot find out whether socket {} is in use", quote(m_path)),
                "if it is not, remove it"};
  return answer == Liveness::live;
}

bool SocketFile::remove_if_same() const {
  const auto name = name_of(m_path);
  struct stat now;
  if (::fstatat(m_directory.get(), name.c_str(), &now, AT_SYMLINK_NOFOLLOW) != 0 ||
      !is_same(now, status_of(m_file, m_path)))
    return false;
  if (::unlinkat(m_directory.get(), name.c_str(), 0) == 0) return true;
  if (errno == ENOENT) return false;
  fail(errno, "cannot remove socket {}", quote(m_path));
}

PathListener listen_on_path(const std::string& path, int backlog, mode_t mode, const SocketOptions& options) {
  auto before = options;
  before.bind.reset();
  before.after_bind = nullptr;
  auto socket = open_socket(AF_UNIX, before);
  auto file = SocketFile::bind(socket.get(), path, mode);
  try {
    if (options.after_bind) options.after_bind(socket.get());
    return {Listener::on(std::move(socket), backlog, path), std::move(file)};
  } catch (...) {
    file.remove_if_same();
    throw;
  }
}

}  // namespace ipcutils
