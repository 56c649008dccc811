// Which processes hold which objects, and what follows from it.
#pragma once

#include <ipcutils/export.hpp>
#include <ipcutils/inventory.hpp>
#include <span>
#include <vector>

namespace ipcutils {

// Fills in the holders of each object, by one look at what every process of /proc has mapped and open.
// Without privilege only one's own processes can be looked at, and in a PID namespace other than the first
// only those inside. Then the kernel is asked whether there is anybody at all, by a lease on the object for a
// moment, which takes permission to read it and its ownership. Sources: proc(5), fcntl(2) F_SETLEASE.
//
// Without /proc nobody is known. If the kernel does not answer either, `failures` gets an Error.
IPCUTILS_EXPORT void look_for_holders(std::span<Object> objects, std::vector<Error>* failures = nullptr);

// Whether nobody holds it. System V queues and semaphores: unknown. A POSIX object whose holders were not
// looked for: unknown, but for a mailbox that somebody receives from or can send to.
IPCUTILS_EXPORT Answer is_unused(const Object& object);

// Whether those who made and used it are dead and nobody holds it. A System V segment: its creator, and who
// attached it last. A System V queue: who sent last, and who received last if anybody has. A System V set:
// who operated last on each semaphore, with nobody waiting. A POSIX object: as is_unused(). A process in
// another PID namespace is unknown.
IPCUTILS_EXPORT Answer is_orphaned(const Object& object);

}  // namespace ipcutils
