// The transfer engine: bytes from any descriptor to any other by the cheapest way that the pair allows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <ipcutils/deadline.hpp>
#include <ipcutils/export.hpp>
#include <ipcutils/pump.hpp>
#include <optional>
#include <span>
#include <string>

namespace ipcutils {

// One end of a transfer. The descriptor stays the caller's, in its mode; files are read and written at their
// own position.
struct Endpoint {
  int fd;
  std::string name;  // for messages, as a phrase: "standard input", "shared memory '/frame'"
};

// Called after every step with the bytes moved so far. It must not throw.
using Progress = std::function<void(std::uint64_t moved)>;

struct TransferOptions {
  std::uint64_t length = until_end;  // at most so many bytes
  Pages pages = Pages::copied;
  Progress progress = {};
  Deadline deadline = Deadline::never();
};

// Moves bytes until `length` of them have moved, the source ends or `deadline` has passed, and returns how
// many did. Blocks in ppoll(2) alone, so a signal ends it as the deadline does. Pipes are widened once much
// has passed, unless somebody has set their capacity. Throws Error with "cannot read NAME" or "cannot write
// NAME", EPIPE when the reader of a pipe or socket has gone.
IPCUTILS_EXPORT std::uint64_t transfer(const Endpoint& from, const Endpoint& to,
                                       const TransferOptions& options = {});

// The same with memory at one end. A page of the memory that is missing (a mapping of a file that was
// shortened) is an Error with EFAULT, not a signal: only the kernel touches the memory.
IPCUTILS_EXPORT std::uint64_t transfer(std::span<const std::byte> from, const Endpoint& to,
                                       const TransferOptions& options = {});
IPCUTILS_EXPORT std::uint64_t transfer(const Endpoint& from, std::span<std::byte> to,
                                       const TransferOptions& options = {});

// The bytes that a read from fd to its end will give, where that is known beforehand: for a regular file what
// lies behind its position. Files of /proc say they are empty and are not, so an empty one is not known.
IPCUTILS_EXPORT std::optional<std::uint64_t> known_length(int fd);

}  // namespace ipcutils
