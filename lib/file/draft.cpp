#include "draft.hpp"

#include <unistd.h>

#include <ipcutils/signal_block.hpp>

#include "../core/failure.hpp"
#include "../core/trust.hpp"
#include "object_file.hpp"

namespace ipcutils {

FileDraft::FileDraft(const Reference& reference) : FileDraft{reference, object_file(reference)} {}

FileDraft::FileDraft(const Reference& reference, FileName name) : m_reference{reference} {
  auto file = name.open_unnamed();
  if (!file.is_open() && (errno == EOPNOTSUPP || errno == EISDIR)) {
    if (auto temporary = NamedFile::make_temporary(name)) {
      m_temporary = temporary->name();
      m_has_temporary = true;
      file = std::move(*temporary).take_descriptor();
    }
  }
  if (!file.is_open()) {
    const int errnum = errno;
    const bool has_no_directory = errnum == ENOENT && std::holds_alternative<PosixName>(reference.name);
    throw Error{errnum, fmt::format("cannot create {}", name.description()),
                has_no_directory ? fmt::format("is {} mounted?", posix_shm_directory) : ""};
  }
  m_file = std::make_shared<const NamedFile>(std::move(name), std::move(file));
}

FileDraft::FileDraft(FileDraft&& other) noexcept
    : m_reference{std::move(other.m_reference)},
      m_temporary{std::move(other.m_temporary)},
      m_has_temporary{std::exchange(other.m_has_temporary, false)},
      m_file{std::move(other.m_file)} {}

bool FileDraft::publish(mode_t mode) {
  set_mode(mode);
  if (!link_to(m_file->name())) return false;
  discard();
  return true;
}

// linkat(2) never replaces and rename(2) needs a name, so for a moment there is a temporary one.
void FileDraft::replace(Trust replaceable) {
  take_after_old(replaceable);
  const SignalBlock block;  // so that only SIGKILL can leave that name behind
  if (!m_has_temporary) {
    m_temporary = m_file->name().make_temporary([&](const FileName& unused) {
      if (link_to(unused)) return 0;
      errno = EEXIST;
      return -1;
    });
    m_has_temporary = true;
  }
  if (m_temporary->rename_to(m_file->name()) != 0) {
    const int errnum = errno;
    discard();
    fail(errnum, "cannot replace {}", m_reference.description());
  }
  m_has_temporary = false;
}

void FileDraft::discard() noexcept {
  if (m_has_temporary) m_temporary->remove();
  m_has_temporary = false;
}

void FileDraft::set_mode(mode_t mode) const {
  if (::fchmod(m_file->descriptor(), mode) != 0)
    fail(errno, "cannot set the mode of {}", m_reference.description());
}

// Gives the file a further name; false when there is such a name.
bool FileDraft::link_to(const FileName& name) const {
  if (name.link(m_file->path_of_inode(), AT_SYMLINK_FOLLOW) == 0) return true;
  // Without /proc a privileged process can still link by descriptor.
  if (errno == ENOENT && name.link(m_file->descriptor()) == 0) return true;
  if (errno == EEXIST) return false;
  fail(errno, "cannot create {}", m_reference.description());
}

void FileDraft::take_after_old(Trust replaceable) const {
  struct stat old;
  if (m_file->name().status(old) != 0) {
    if (errno == ENOENT) return;
    fail(errno, "cannot replace {}", m_reference.description());
  }
  if (!S_ISREG(old.st_mode))
    throw Error::invalid(fmt::format("cannot use {}", m_reference.description()), "it is not a regular file");
  require_trusted_owner(old.st_uid, m_reference, replaceable);
  if (replaceable != Trust::anybody) require_only_name(m_file->name(), old, m_reference);
  if (set_owner(m_file->descriptor(), old.st_uid, old.st_gid) != 0)
    fail(errno, "cannot keep the owner of {}", m_reference.description());
  set_mode(old.st_mode & 0777);
}

}  // namespace ipcutils
