// The transfer engine: bytes from any descriptor to any other by the cheapest way that the pair allows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <ipcutils/export.hpp>
#include <limits>
#include <optional>
#include <span>
#include <string>

namespace ipcutils {

// One end of a transfer. The descriptor stays the caller's; files are read and written at their own position.
struct Endpoint {
  int fd;
  std::string name;  // for messages, as a phrase: "standard input", "shared memory '/frame'"
};

// What the reader of a pipe or socket gets when the bytes come from a file.
enum class Pages {
  copied,        // the bytes as they are now
  by_reference,  // the file's own pages: faster, and writes to the file show through until the reader has
                 // read them
};

inline constexpr std::uint64_t until_end = std::numeric_limits<std::uint64_t>::max();

// Called after every step with the bytes moved so far. It may throw, which ends the transfer.
using Progress = std::function<void(std::uint64_t moved)>;

// Waits until the descriptor of an endpoint is ready for `events` of poll(2), POLLIN or POLLOUT, or is at its
// end. False ends the transfer.
using Wait = std::function<bool(int fd, short events)>;

struct TransferOptions {
  std::uint64_t length = until_end;  // at most so many bytes
  Pages pages = Pages::copied;
  Progress progress = {};
  bool widen_pipes = true;
  // For transfers that end also in other ways than at the end of the source: asked about the source, then
  // about the destination, when nothing can be moved at once, and about the destination when its reader has
  // gone (EPIPE), where true promises a new one. False about the destination can lose what has been read,
  // where both are no pipes or sockets: up to 128 KiB. Absent: waits without limit, and EPIPE is an Error.
  Wait wait = {};
};

// Moves bytes until `length` of them have moved or the source ends, and returns how many did. Blocks;
// descriptors in non-blocking mode are waited for with poll(2). Pipes are widened to what fs.pipe-max-size
// allows an ordinary user, unless somebody has set their capacity. Interrupted calls and partial writes are
// gone on with. Throws Error with "cannot read NAME" or "cannot write NAME"; what had moved by then is in the
// last progress call.
IPCUTILS_EXPORT std::uint64_t transfer(const Endpoint& from, const Endpoint& to,
                                       const TransferOptions& options = {});

// The same with memory at one end. A page of the memory that is not there (a mapping of a file that was
// shortened) is an Error with EFAULT, not a signal: only the kernel touches the memory.
IPCUTILS_EXPORT std::uint64_t transfer(std::span<const std::byte> from, const Endpoint& to,
                                       const TransferOptions& options = {});
IPCUTILS_EXPORT std::uint64_t transfer(const Endpoint& from, std::span<std::byte> to,
                                       const TransferOptions& options = {});

// The bytes that a read from fd to its end will give, where that is known beforehand: for a regular file what
// lies behind its position. Files of /proc say they are empty and are not, so an empty one is not known.
IPCUTILS_EXPORT std::optional<std::uint64_t> known_length(int fd);

}  // namespace ipcutils
