// What the beginning of a mailbox's file says, read and checked without a mapping. Internal.
#pragma once

#include <cstdint>
#include <optional>

#include "layout.hpp"

namespace ipcutils::mailbox {

// The constants in an open file; nothing when it is no mailbox, or one of another version, or shorter than it
// says.
std::optional<Beginning> read_beginning(int file);

}  // namespace ipcutils::mailbox
