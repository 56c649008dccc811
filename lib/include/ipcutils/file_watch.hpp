// Waiting for something to happen to a file.
#pragma once

#include <chrono>
#include <cstdint>
#include <ipcutils/deadline.hpp>
#include <ipcutils/export.hpp>
#include <ipcutils/file_descriptor.hpp>
#include <string>

namespace ipcutils {

// Watches a file or directory by inotify(7) from its construction on, so that nothing is missed between a
// look and a wait. Move-only.
class IPCUTILS_EXPORT FileWatch {
 public:
  FileWatch();  // of nothing, until add()
  FileWatch(const std::string& path, std::uint32_t events);

  // What gets or loses a name in a directory.
  static FileWatch of_names_in(const std::string& directory);

  // Watches another one, too; false, and without effect, where that is not possible.
  bool add(const std::string& path, std::uint32_t events);

  // Readable when something has happened; -1 where the kernel cannot tell.
  int descriptor() const noexcept { return m_inotify.get(); }

  // How often to look oneself at what the kernel tells nothing about.
  static constexpr std::chrono::milliseconds look_interval{250};

  // The same deadline, or the caller's next look where the kernel cannot tell: inotify(7) has limits for each
  // user, and paths below /proc/self/fd take a /proc.
  Deadline until_next_look(const Deadline& deadline) const noexcept;

  // Forgets what has happened, and returns it: IN_MODIFY and its like.
  std::uint32_t drain() const;

  // Blocks until something has happened, which it forgets, or `deadline` has passed; where the kernel cannot
  // tell (the directory is not there yet), for a moment at most.
  void wait(const Deadline& deadline) const;

 private:
  FileDescriptor m_inotify;
};

}  // namespace ipcutils
