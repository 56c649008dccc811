// Pipes and pairs of sockets without a name, and the mode in which programs get them.
#pragma once

#include <ipcutils/export.hpp>
#include <ipcutils/file_descriptor.hpp>

namespace ipcutils {

// A pipe. Both ends are close-on-exec. Manual page: pipe(7).
struct Pipe {
  FileDescriptor read_end;
  FileDescriptor write_end;
};
enum class PipeMode { blocking, nonblocking };
IPCUTILS_EXPORT Pipe make_pipe(PipeMode mode = PipeMode::blocking);

// Two UNIX sockets that are connected to each other. `type` is SOCK_STREAM, SOCK_DGRAM or SOCK_SEQPACKET.
struct SocketPair {
  FileDescriptor first;
  FileDescriptor second;
};
IPCUTILS_EXPORT SocketPair make_socket_pair(int type);

// Lets a pipe hold 1 MiB, so that fewer steps are needed: two to four times faster than the usual 64 KiB. A
// capacity that somebody has set stays. Failure is ignored, since the pipe works as it is. Manual page:
// F_SETPIPE_SZ in fcntl(2).
IPCUTILS_EXPORT void widen_pipe(int pipe) noexcept;

// Takes O_NONBLOCK off the open file of a descriptor, for a program that gets a copy and expects to block.
// Throws Error (EBADF).
IPCUTILS_EXPORT void set_blocking(int fd);

}  // namespace ipcutils
