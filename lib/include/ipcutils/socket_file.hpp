// UNIX sockets in the file system.
#pragma once

#include <sys/types.h>

#include <ipcutils/export.hpp>
#include <ipcutils/socket.hpp>
#include <ipcutils/socket_address.hpp>
#include <memory>
#include <optional>
#include <string>

namespace ipcutils {

class NamedFile;

// The name of a UNIX socket in the file system: neither the socket behind it nor an end of a connection.
// While it lives, it means the same file, whatever happens to the name. Move-only; destroying it removes
// nothing. Manual pages: unix(7), sock_diag(7).
//
// Paths may be longer than sockaddr_un allows: the kernel is told /proc/self/fd/N, or, of a new socket,
// /proc/self/fd/N/NAME, and that is then what others see as its address.
class IPCUTILS_EXPORT SocketFile {
 public:
  // The one of that path; nothing when there is none. A symbolic link is followed, but for one in a sticky
  // directory, where anybody could have made it (ELOOP). Errors: what is there is no socket (ENOTSOCK);
  // EACCES.
  static std::optional<SocketFile> open_if_exists(const std::string& path);

  // Binds `socket`, an unbound UNIX socket, to a new file with permissions `mode`; the umask does not apply,
  // and nobody else can connect before that. A file that is there:
  // - no socket, and be it a symbolic link to one: stays, error EADDRINUSE;
  // - a socket that somebody uses, see is_live(), or of which that cannot be found out: stays, EADDRINUSE;
  // - a stale socket is replaced.
  // All this happens under a lock (flock(2)) on a file `path`.ipclock, which is made and removed, so that of
  // several that replace the same socket exactly one succeeds. Blocks as long as another holds the lock, up
  // to 5 seconds (EADDRINUSE). Errors: also EACCES, EROFS, ENOSPC; ENAMETOOLONG for a last component of more
  // than 80 bytes in a path too long for sockaddr_un; EISDIR for a path that ends in a slash.
  static SocketFile bind(int socket, const std::string& path, mode_t mode = 0600);

  SocketFile(SocketFile&&) noexcept;
  SocketFile& operator=(SocketFile&&) noexcept;
  ~SocketFile();

  const std::string& path() const noexcept;

  // By which it can be connected to and sent to while this SocketFile lives, even if it has been renamed.
  SocketAddress address() const;

  uid_t owner() const;
  mode_t mode() const;  // the permission bits

  // Gives the file to somebody; -1 is one that stays. chown(2). Errors: EPERM.
  void set_owner(uid_t owner, gid_t group) const;

  // Whether some process has a socket that is bound to this file, listening or not. Nobody is connected to,
  // since that would use up the only accept of a server that makes but one: it is looked up in the kernel's
  // list of sockets, and then, as that has only those of this network namespace, a datagram socket asks for
  // the address, which stream sockets refuse without notice. Errors: EACCES, when neither tells.
  bool is_live() const;

  // Takes the name away, unless it is another's meanwhile; false then, and when it has gone.
  bool remove_if_same() const;

 private:
  explicit SocketFile(NamedFile file);

  std::unique_ptr<const NamedFile> m_file;  // O_PATH
};

// A listener in the file system.
struct PathListener {
  Listener listener;
  SocketFile file;  // to be removed at the end, by remove_if_same()
};

// A new socket that listens at `path`, see SocketFile::bind(). `options.bind` is of no effect.
IPCUTILS_EXPORT PathListener listen_on_path(const std::string& path, int backlog, mode_t mode = 0600,
                                            const SocketOptions& options = {});

}  // namespace ipcutils
