// Opening what is only looked at. Internal.
#pragma once

#include <ipcutils/deadline.hpp>
#include <ipcutils/file_descriptor.hpp>
#include <optional>

namespace ipcutils {

// Others' leases for a moment, as ipcls --unused takes them, end within it; those that last hold up a list of
// whatever length only once.
Deadline patience_with_leases();

// Opens a file for reading, without ever waiting for another end of it; -1 and errno on failure. Nothing
// while somebody has a lease on it, whose end is waited for until `patience` has passed.
std::optional<FileDescriptor> open_to_look(int directory, const char* path, const Deadline& patience);

}  // namespace ipcutils
