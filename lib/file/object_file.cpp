#include "object_file.hpp"

#include "../core/failure.hpp"
#include "../core/trust.hpp"

namespace ipcutils {

std::string_view object_prefix(Kind kind) noexcept {
  switch (kind) {
    case Kind::sem:
      return semaphore_prefix;
    case Kind::mb:
      return mailbox_prefix;
    default:
      return {};
  }
}

std::optional<std::string> object_path(const Reference& reference) {
  if (const auto* path = std::get_if<FilePath>(&reference.name)) return path->text;
  const auto* name = std::get_if<PosixName>(&reference.name);
  if (name == nullptr || reference.kind == Kind::mq) return std::nullopt;
  return fmt::format("{}/{}{}", posix_shm_directory, object_prefix(reference.kind),
                     std::string_view{name->text}.substr(1));
}

FileName object_file(const Reference& reference) {
  return FileName::described(object_path(reference).value(), reference.description());
}

// Not O_CREAT, so that fs.protected_regular has no say; O_NONBLOCK, so that a FIFO in its place does not
// block.
std::optional<NamedFile> open_object_file_if_exists(const Reference& reference, int access_mode,
                                                    Trust trust) {
  auto file = NamedFile::open_if_exists(object_file(reference), access_mode | O_NONBLOCK | O_NOCTTY,
                                        Links::followed_unless_sticky);
  if (!file) return file;
  const auto status = file->status();
  if (!S_ISREG(status.st_mode))
    throw Error::invalid(fmt::format("cannot use {}", reference.description()), "it is not a regular file");
  require_trusted_owner(status.st_uid, reference, trust);
  return file;
}

void require_only_name(const FileName& name, const struct stat& status, const Reference& reference,
                       std::string_view way) {
  if (status.st_nlink <= 1 || name.links_may_be_followed()) return;
  throw Error{EPERM, fmt::format("cannot use {}", reference.description()),
              fmt::format("its file has {} names, and another user may have planted this one{}{}",
                          status.st_nlink, way.empty() ? "" : "; ", way)};
}

void require_removable(mode_t mode, const Reference& reference) {
  if (!S_ISREG(mode))
    throw Error::invalid(fmt::format("cannot remove {}", reference.description()),
                         "it is not a regular file");
}

bool remove_object_file_if_exists(const Reference& reference) {
  const auto name = object_file(reference);
  struct stat status;
  if (name.status(status) == 0) {
    require_removable(status.st_mode, reference);
    if (name.remove() == 0) return true;
  }
  if (errno == ENOENT) return false;
  fail(errno, "cannot remove {}", reference.description());
}

}  // namespace ipcutils
