// The kernel's list of the UNIX sockets of this network namespace; sock_diag(7). Internal.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

namespace ipcutils {

// A socket of the list. A member is empty when the socket has no such thing, or the kernel does not report
// it.
struct ListedSocket {
  struct File {
    std::uint32_t device;  // as the kernel has it: 12 bits of major, 20 of minor number
    std::uint32_t inode;
    bool operator==(const File&) const = default;
  };

  int type;  // SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET
  std::optional<File> file = {};
  std::string_view name = {};       // as in sun_path: of an abstract one with its null byte
  std::optional<uid_t> owner = {};  // who made the socket; since Linux 5.3
};

// Whether `is_wanted` holds for a socket of the list, which is read until then. Nothing: the list cannot be
// read. Never waits.
std::optional<bool> any_listed(const std::function<bool(const ListedSocket&)>& is_wanted);

}  // namespace ipcutils
