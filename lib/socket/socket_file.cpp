#include <sys/file.h>
#include <unistd.h>

#include <ipcutils/quote.hpp>
#include <ipcutils/signal_block.hpp>
#include <ipcutils/socket_file.hpp>

#include "../core/backoff.hpp"
#include "../core/failure.hpp"
#include "../core/file_type.hpp"
#include "../core/named_file.hpp"
#include "liveness.hpp"

namespace ipcutils {

namespace {

using std::chrono::milliseconds;

constexpr auto lock_suffix = ".ipclock";
constexpr std::chrono::seconds lock_patience{5};
constexpr milliseconds settling_time{5};

std::string attempt_to_create(const FileName& name) {
  return fmt::format("cannot create {}", name.description());
}

FileName name_of(const std::string& path) {
  auto name = FileName::of(path, "socket");
  if (path.find('\0') != path.npos)
    throw Error::invalid(fmt::format("cannot use {}", name.description()), "it contains a NUL");
  return name;
}

// A file whose lock is held; the file goes with it.
class LockFile {
 public:
  // Nothing when another has it, or has just removed it.
  static std::optional<LockFile> try_take(const FileName& name) {
    const auto refuse = [&](int errnum) { fail(errnum, "cannot lock {}", quote(name.path())); };
    constexpr int flags = O_RDWR | O_NOFOLLOW | O_NONBLOCK;
    // Not O_CREAT for one that is there, which fs.protected_regular forbids for that of another user.
    auto opened = name.open(flags);
    if (!opened.is_open() && errno == ENOENT) {
      opened = name.open(flags | O_CREAT | O_EXCL, 0600);
      if (!opened.is_open() && errno == EEXIST) return std::nullopt;
    }
    if (!opened.is_open()) refuse(errno);
    NamedFile file{name, std::move(opened)};
    const auto status = file.status();
    if (!S_ISREG(status.st_mode) || status.st_size != 0) refuse(EEXIST);  // somebody else's
    if (::flock(file.descriptor(), LOCK_EX | LOCK_NB) != 0) {
      if (errno == EWOULDBLOCK || errno == EINTR) return std::nullopt;
      refuse(errno);
    }
    // Who had it before has removed it; then there may be another.
    if (!file.is_named()) return std::nullopt;
    return LockFile{std::move(file)};
  }

  LockFile(LockFile&&) noexcept = default;
  ~LockFile() {
    if (m_file.descriptor() != -1) m_file.name().remove();
  }

 private:
  explicit LockFile(NamedFile file) : m_file{std::move(file)} {}

  NamedFile m_file;
};

// What to tell the kernel, which takes short paths alone.
SocketAddress address_to_bind(const FileName& name) {
  if (name.path().size() <= SocketAddress::longest_path) return SocketAddress::of_path(name.path());
  const auto short_path = name.short_path();
  if (short_path.size() <= SocketAddress::longest_path) return SocketAddress::of_path(short_path);
  throw Error{
      ENAMETOOLONG, attempt_to_create(name),
      fmt::format("a path has at most {} bytes, or its last component {}", SocketAddress::longest_path,
                  SocketAddress::longest_path - (short_path.size() - name.leaf().size()))};
}

// bind(2) makes the file a moment before the socket is known to be bound to it.
void require_stale(const SocketFile& file, const FileName& name) {
  for (const bool is_first : {true, false}) {
    if (file.is_live()) throw Error{EADDRINUSE, attempt_to_create(name)};
    if (is_first) pause_until(Deadline::after(settling_time));
  }
}

void require_socket_to_replace(const struct stat& status, const FileName& name) {
  if (S_ISSOCK(status.st_mode)) return;
  throw Error::because(EADDRINUSE, attempt_to_create(name),
                       S_ISLNK(status.st_mode) ? "a symbolic link has that name"
                                               : fmt::format("{} has that name", noun_of(status.st_mode)));
}

}  // namespace

SocketFile::SocketFile(NamedFile file) : m_file{std::make_unique<const NamedFile>(std::move(file))} {}
SocketFile::SocketFile(SocketFile&&) noexcept = default;
SocketFile& SocketFile::operator=(SocketFile&&) noexcept = default;
SocketFile::~SocketFile() = default;

std::optional<SocketFile> SocketFile::open_if_exists(const std::string& path) {
  const auto name = name_of(path);
  const auto attempt = fmt::format("cannot open {}", name.description());
  if (path.empty()) throw Error{ENOENT, attempt};
  if (path.ends_with('/')) throw Error{EISDIR, attempt};
  auto file = NamedFile::open_if_exists(name, O_PATH, Links::followed_unless_sticky);
  if (!file) return std::nullopt;
  const auto status = file->status();
  if (!S_ISSOCK(status.st_mode))
    throw Error::because(ENOTSOCK, attempt, fmt::format("it is {}", noun_of(status.st_mode)));
  return SocketFile{std::move(*file)};
}

SocketFile SocketFile::bind(int socket, const std::string& path, mode_t mode) {
  const auto name = name_of(path);
  const auto refuse = [&](int errnum) { throw Error{errnum, attempt_to_create(name)}; };
  const auto lose = [&](const char* reason) { throw Error::because(EBUSY, attempt_to_create(name), reason); };
  if (path.empty()) refuse(ENOENT);
  if (name.leaf() == "." || name.leaf() == "..") refuse(EISDIR);
  struct stat directory;
  if (name.sibling(".").status(directory) != 0) refuse(errno);
  const auto address = address_to_bind(name);
  const auto lock_name = name.sibling(name.leaf() + lock_suffix);

  // The file gets the mode of the socket but for the umask.
  if (::fchmod(socket, mode) != 0) refuse(errno);

  const auto bind_locked = [&]() -> std::optional<SocketFile> {
    const SignalBlock block;  // that would leave the lock, or a socket that nobody knows of
    const auto lock = LockFile::try_take(lock_name);
    if (!lock) return std::nullopt;
    if (::bind(socket, address.data(), address.size()) != 0) {
      if (errno != EADDRINUSE) refuse(errno);
      if (auto old = NamedFile::open_if_exists(name, O_PATH, Links::not_followed)) {
        require_socket_to_replace(old->status(), name);
        const SocketFile stale{std::move(*old)};
        require_stale(stale, name);
        stale.remove_if_same();
      }
      if (::bind(socket, address.data(), address.size()) != 0) refuse(errno);
    }
    auto file = NamedFile::open_if_exists(name, O_PATH, Links::not_followed);
    if (!file) lose("somebody has removed it");
    const auto status = file->status();
    if (!S_ISSOCK(status.st_mode) || status.st_uid != ::geteuid()) lose("somebody has replaced it");
    if ((status.st_mode & 07777) != mode && file->set_mode(mode) != 0) {
      const int errnum = errno;
      file->remove_if_same();
      refuse(errnum);
    }
    return SocketFile{std::move(*file)};
  };

  auto file = poll_with_backoff(Deadline::after(lock_patience).interrupted_by_any(), bind_locked);
  if (!file)
    throw Error::because(EADDRINUSE, attempt_to_create(name),
                         fmt::format("somebody holds {}", quote(lock_name.path())));
  return std::move(*file);
}

const std::string& SocketFile::path() const noexcept { return m_file->name().path(); }

SocketAddress SocketFile::address() const {
  const auto by_inode = m_file->path_of_inode();
  if (path().size() <= SocketAddress::longest_path && ::access(by_inode.c_str(), F_OK) != 0)
    return SocketAddress::of_path(path());  // no /proc
  return SocketAddress::of_path(by_inode);
}

uid_t SocketFile::owner() const { return m_file->status().st_uid; }

mode_t SocketFile::mode() const { return m_file->status().st_mode & 07777; }

void SocketFile::set_owner(uid_t owner, gid_t group) const {
  if (ipcutils::set_owner(m_file->descriptor(), owner, group) != 0)
    fail(errno, "cannot change the owner of {}", m_file->name().description());
}

bool SocketFile::is_live() const {
  const auto status = m_file->status();
  if (listed_liveness(status.st_dev, status.st_ino) == Liveness::live) return true;
  const auto answer = probed_liveness(address());
  if (answer == Liveness::unknown)
    throw Error{EACCES, fmt::format("cannot find out whether {} is in use", m_file->name().description()),
                "if it is not, remove it"};
  return answer == Liveness::live;
}

bool SocketFile::remove_if_same() const { return m_file->remove_if_same(); }

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
