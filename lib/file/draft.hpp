// Regular files in the making. Internal.
#pragma once

#include <sys/types.h>

#include <ipcutils/access.hpp>
#include <ipcutils/reference.hpp>
#include <memory>
#include <optional>

#include "../core/named_file.hpp"

namespace ipcutils {

// The file of an object that appears under its name complete or not at all. Until then it has no name where
// the file system has O_TMPFILE; otherwise one that begins with '.'. The destructor discards it. Move-only.
class FileDraft {
 public:
  // Begins an empty file, open for reading and writing. `name` is the one that it gets.
  FileDraft(const Reference& reference, FileName name);
  explicit FileDraft(const Reference& reference);

  FileDraft(FileDraft&&) noexcept;
  ~FileDraft() { discard(); }

  const std::shared_ptr<const NamedFile>& file() const noexcept { return m_file; }

  // Gives the file its name and mode, which the umask does not touch; false when the name is taken.
  bool publish(mode_t mode);

  // Puts it in the place of the file that has the name in one step, with that one's owner and mode. Errors:
  // EINVAL (that is no regular file), EPERM (its owner is not trusted, or it has several names in a directory
  // with the sticky bit).
  void replace(Trust replaceable);

  // Removes the temporary name. Handlers of signals may call it: no memory is allocated or freed.
  void discard() noexcept;

 private:
  void set_mode(mode_t mode) const;
  bool link_to(const FileName& name) const;
  void take_after_old(Trust replaceable) const;

  Reference m_reference;
  std::optional<FileName> m_temporary;
  bool m_has_temporary = false;  // not by m_temporary, which a handler of signals cannot destroy
  std::shared_ptr<const NamedFile> m_file;
};

}  // namespace ipcutils
