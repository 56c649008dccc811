// What a mailbox holds, for those who only look at it. Internal.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "layout.hpp"

namespace ipcutils::mailbox {

// A handle that is open on the mailbox, whose process lives.
struct OpenHandle {
  SlotState state;              // receiving or sending
  pid_t process;                // in its own PID namespace
  std::uint64_t pid_namespace;  // 0: unknown
  std::uint64_t cursor;         // as in Slot
  std::uint64_t next;
  std::uint64_t lost;
};

struct Status {
  std::uint64_t capacity;
  OnFull on_full;
  std::uint64_t head;
  std::uint64_t sent;
  std::uint64_t dropped;
  std::vector<OpenHandle> living;
};

// Reads the mailbox in an open file, which others may change meanwhile: numbers need not fit together. No
// mapping, so that a file which is shortened is no SIGBUS. Nothing when the file is no mailbox.
std::optional<Status> read_status(int file);

}  // namespace ipcutils::mailbox
