// Objects whose content is a regular file: POSIX shared memory and semaphores, mailboxes, and mapped files.
// Internal.
#pragma once

#include <ipcutils/access.hpp>
#include <ipcutils/reference.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "../core/named_file.hpp"

namespace ipcutils {

// Linux keeps POSIX shared memory here, glibc semaphores, and ipcutils mailboxes; shm_overview(7),
// sem_overview(7).
inline constexpr const char* posix_shm_directory = "/dev/shm";

// What the names of semaphores begin with there, and those of mailboxes.
inline constexpr std::string_view semaphore_prefix = "sem.";
inline constexpr std::string_view mailbox_prefix = "mb.";

// The same by kind; empty for shared memory.
std::string_view object_prefix(Kind kind) noexcept;

// The path of the file behind an object; nothing for System V objects and message queues.
std::optional<std::string> object_path(const Reference& reference);

// The file of an object that has one, as its description calls it: "shared memory '/frame'".
FileName object_file(const Reference& reference);

// Opens it, O_RDONLY, O_WRONLY or O_RDWR; nothing when it is missing. Owner, type and links are checked as
// SharedMemory::open_if_exists() says.
std::optional<NamedFile> open_object_file_if_exists(const Reference& reference, int access_mode, Trust trust);

// Throws Error (EPERM) for a file with several names that is reached by one in a directory with the sticky
// bit: there anybody can give a file of others a further name, unless fs.protected_hardlinks forbids it.
// `way` tells how the file can be used all the same, where the caller knows: "chmod changes it".
void require_only_name(const FileName& name, const struct stat& status, const Reference& reference,
                       std::string_view way = {});

// Takes the object's name away, whoever has it open; false when there is none. Errors: EINVAL when the name
// is that of no regular file.
bool remove_object_file_if_exists(const Reference& reference);

// Throws this error unless the mode is that of a regular file.
void require_removable(mode_t mode, const Reference& reference);

}  // namespace ipcutils
