#include <ipcutils/output_file.hpp>

#include <ipcutils/quote.hpp>
#include <ipcutils/signal_block.hpp>
#include <ipcutils/transfer.hpp>
#include <span>

#include "../core/failure.hpp"
#include "../core/named_file.hpp"
#include "../core/recurring_alarm.hpp"

namespace ipcutils {

namespace {

// open(2) of a FIFO waits for its other side, which a signal ends (EINTR).
template <typename Open>
FileDescriptor open_until_signal(Open open) {
  const auto deadline = Deadline::never().interrupted_by_any();
  if (!deadline.is_interruptible()) return open();
  RecurringAlarm alarm;
  const auto open_once = [&] {
    const InterruptedCall call{alarm, deadline};
    return open();
  };
  for (;;) {
    auto file = open_once();
    if (file.is_open() || errno != EINTR || has_been_interrupted(deadline)) return file;
  }
}

// O_CREAT|O_EXCL is never refused on account of a file that is there, and O_CREAT alone may be.
FileDescriptor open_in_sticky_directory(const FileName& name, int flags, mode_t mode) {
  const bool is_to_be_new = (flags & O_CREAT) != 0 && (flags & O_EXCL) != 0;
  for (;;) {
    if (!is_to_be_new) {
      auto file = name.open((flags & ~O_CREAT) | O_NOFOLLOW);
      if (file.is_open() || errno != ENOENT || (flags & O_CREAT) == 0) return file;
    }
    auto file = name.open(flags | O_EXCL | O_NOFOLLOW, mode);
    if (file.is_open() || errno != EEXIST || is_to_be_new) return file;
  }
}

}  // namespace

FileDescriptor open_for_writing(const std::string& path, int flags, mode_t mode, const std::string& noun) {
  const auto name = FileName::of(path, noun);
  const bool may_follow = name.links_may_be_followed();
  auto file = open_until_signal(
      [&] { return may_follow ? name.open(flags, mode) : open_in_sticky_directory(name, flags, mode); });
  if (file.is_open()) return file;
  const int errnum = errno;
  throw Error{errnum, fmt::format("cannot open {}", name.description()),
              errnum == ELOOP && !may_follow ? "a symbolic link is not followed in a sticky directory" : ""};
}

FileDescriptor open_for_reading(const std::string& path, int flags, mode_t mode) {
  const auto name = FileName::of(path);
  auto file = open_until_signal([&] { return name.open(flags, mode); });
  if (!file.is_open()) fail(errno, "cannot open {}", name.description());
  return file;
}

RemovableName write_file_atomically(const std::string& path, std::string_view text, mode_t mode,
                                    const std::string& noun) {
  const auto name = FileName::of(path, noun);
  const auto require = [&](bool is_done) {
    if (!is_done) fail(errno, "cannot write {}", name.description());
  };
  const SignalBlock block;  // so that only SIGKILL can leave the temporary name
  auto draft = NamedFile::make_temporary(name);
  require(draft.has_value());
  try {
    transfer(std::as_bytes(std::span{text}), {draft->descriptor(), name.description()});
    auto written = RemovableName::of(path, draft->descriptor());
    require(::fchmod(draft->descriptor(), mode) == 0 && draft->name().rename_to(name) == 0);
    return written;
  } catch (...) {
    draft->name().remove();
    throw;
  }
}

FileDescriptor open_unnamed_file(const std::string& directory) {
  const auto name = FileName::of(directory + "/ipcutils");
  if (auto file = name.open_unnamed(); file.is_open()) return file;
  // The file system lacks O_TMPFILE: one whose name goes at once.
  const SignalBlock block;
  auto temporary = NamedFile::make_temporary(name);
  if (!temporary) fail(errno, "cannot make a temporary file in {}", quote(directory));
  temporary->name().remove();
  return std::move(*temporary).take_descriptor();
}

RemovableName RemovableName::of(const std::string& path, int file) {
  return RemovableName{std::make_shared<const NamedFile>(FileName::of(path), duplicate(file))};
}

bool RemovableName::remove_if_same() const { return m_file->remove_if_same(); }

}  // namespace ipcutils
