// Objects as the commands that make them again.
#pragma once

#include <ipcutils/inventory.hpp>
#include <string>

namespace ipcutils::ipcls {

// Lines of shell, in printable ASCII, that make an object of the same kind, name, size, limits, values, mode
// and owner, each with its newline. Content is not made again: bytes of shared memory, messages. An object
// that waits for its last process gives a comment.
std::string dump_of(const Object& object);

}  // namespace ipcutils::ipcls
