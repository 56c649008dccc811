#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ipcutils/fifo.hpp>
#include <ipcutils/pipe.hpp>
#include <ipcutils/signal_block.hpp>
#include <ipcutils/wait.hpp>
#include <limits>

#include "../core/backoff.hpp"
#include "../core/failure.hpp"
#include "../core/file_type.hpp"
#include "../core/named_file.hpp"
#include "../core/recurring_alarm.hpp"
#include "../core/sysctl.hpp"
#include "../core/trust.hpp"

namespace ipcutils {

namespace {

Reference reference_of(const std::string& path) { return {Kind::fifo, FilePath{path}}; }

FileName name_of(const Reference& reference) {
  return FileName::described(std::get<FilePath>(reference.name).text, reference.description());
}

std::string attempt_to_create(const Reference& reference) {
  return fmt::format("cannot create {}", reference.description());
}

// The FIFO that was just made. Until it gets its mode only we can use it.
NamedFile open_new(const FileName& name, const Reference& reference) {
  auto file = NamedFile::open_if_exists(name, O_PATH, Links::not_followed);
  if (!file) throw Error{ENOENT, attempt_to_create(reference)};
  const auto status = file->status();
  if (!S_ISFIFO(status.st_mode) || status.st_uid != ::geteuid())
    throw Error{EBUSY, attempt_to_create(reference), "somebody has replaced it"};
  return std::move(*file);
}

std::string hint_for_replacing(int errnum) {
  switch (errnum) {
    case EACCES:
      return "its directory may not be written";
    case EPERM:
      return "only its owner can replace it, and only root can keep another owner";
    case ESTALE:
      return "another file, or none, has its name by now";
    default:
      return {};
  }
}

[[noreturn]] void fail_to_replace(int errnum, const Reference& reference) {
  throw Error{errnum, fmt::format("cannot replace {}", reference.description()), hint_for_replacing(errnum)};
}

// A new FIFO of the same mode and owner, beside the old one under a temporary name.
NamedFile make_successor(const NamedFile& old, const Reference& reference) {
  const auto require = [&](bool is_done) {
    if (!is_done) fail_to_replace(errno, reference);
  };
  const auto status = old.status();
  const auto name = old.name().make_temporary([](const FileName& unused) { return unused.make_fifo(0600); });
  require(name.has_value());
  try {
    auto file = open_new(*name, reference);
    if (const auto fresh = file.status(); status.st_uid != fresh.st_uid || status.st_gid != fresh.st_gid)
      require(set_owner(file.descriptor(), status.st_uid, status.st_gid) == 0);
    require(file.set_mode(status.st_mode & 07777) == 0);
    return file;
  } catch (...) {
    name->remove();
    throw;
  }
}

}  // namespace

Fifo::Fifo(Reference reference, NamedFile file)
    : m_reference{std::move(reference)}, m_file{std::make_unique<const NamedFile>(std::move(file))} {}
Fifo::Fifo(Fifo&&) noexcept = default;
Fifo& Fifo::operator=(Fifo&&) noexcept = default;
Fifo::~Fifo() = default;

std::optional<Fifo> Fifo::create(const std::string& path, mode_t mode) {
  const auto reference = reference_of(path);
  const auto name = name_of(reference);
  if (name.make_fifo(mode & 0600) != 0) {
    if (errno == EEXIST) return std::nullopt;
    throw Error{errno, attempt_to_create(reference)};
  }
  auto file = open_new(name, reference);
  // The umask may have taken even our own permissions.
  if ((file.status().st_mode & 07777) != mode && file.set_mode(mode) != 0) {
    const int errnum = errno;
    file.remove_if_same();
    throw Error{errnum, attempt_to_create(reference)};
  }
  return Fifo{reference, std::move(file)};
}

std::optional<Fifo> Fifo::open_if_exists(const std::string& path, Trust trust) {
  auto reference = reference_of(path);
  auto file = NamedFile::open_if_exists(name_of(reference), O_PATH, Links::not_followed);
  if (!file) return std::nullopt;
  const auto status = file->status();
  if (!S_ISFIFO(status.st_mode))
    throw Error::invalid(fmt::format("cannot open {}", reference.description()),
                         fmt::format("it is {}", noun_of(status.st_mode)));
  require_trusted_owner(status.st_uid, reference, trust);
  return Fifo{std::move(reference), std::move(*file)};
}

FileDescriptor Fifo::open_reader() const {
  auto reader = m_file->reopen(O_RDONLY | O_NONBLOCK);
  if (!reader.is_open()) fail(errno, "cannot open {} for reading", m_reference.description());
  return reader;
}

std::optional<FileDescriptor> Fifo::open_writer(const Deadline& deadline) const {
  const auto refuse = [&] { fail(errno, "cannot open {} for writing", m_reference.description()); };
  auto writer = m_file->reopen(O_WRONLY | O_NONBLOCK);
  RecurringAlarm alarm;
  while (!writer.is_open()) {
    if (errno != ENXIO && errno != EINTR) refuse();
    if (is_over(deadline)) return std::nullopt;
    const InterruptedCall call{alarm, deadline};
    // Waits for a reader, and shows one who waits for a writer that we are there.
    writer = m_file->reopen(O_WRONLY);
  }
  return writer;
}

bool Fifo::remove_if_same() const { return m_file->remove_if_same(); }

bool Fifo::is_named() const { return m_file->is_named(); }

std::optional<std::string> Fifo::loss() const {
  struct stat named;
  if (m_file->is_named()) return std::nullopt;
  if (m_file->name().status(named) == 0) return "has been replaced";
  return m_file->is_removed() ? std::optional{"has been removed"} : std::nullopt;
}

void Fifo::require_reachable() const {
  if (const auto reason = loss())
    throw Error::because(ESTALE,
                         fmt::format("cannot wait for the other side of {}", m_reference.description()),
                         fmt::format("it {}", *reason));
}

FileWatch Fifo::watch() const {
  FileWatch watch{m_file->path_of_inode(), IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF};
  if (!is_named()) watch.add(m_file->name().directory_path(), IN_CREATE | IN_MOVED_TO | IN_ONLYDIR);
  return watch;
}

Fifo Fifo::replace() const {
  const SignalBlock block;  // so that only SIGKILL can leave the temporary name
  auto fresh = make_successor(*m_file, m_reference);
  const bool is_ours = is_named();
  if (!is_ours || fresh.name().rename_to(m_file->name()) != 0) {
    const int errnum = is_ours ? errno : ESTALE;
    fresh.name().remove();
    fail_to_replace(errnum, m_reference);
  }
  return Fifo{m_reference, NamedFile{m_file->name(), std::move(fresh).take_descriptor()}};
}

void Fifo::require_replaceable() const {
  const SignalBlock block;
  make_successor(*m_file, m_reference).name().remove();
}

std::uint64_t unread_bytes(int pipe) {
  int bytes = 0;
  if (::ioctl(pipe, FIONREAD, &bytes) == -1) fail(errno, "cannot inspect a pipe");
  return static_cast<std::uint64_t>(bytes);
}

std::uint64_t set_pipe_capacity(int pipe, std::uint64_t size, const std::string& name) {
  const auto attempt = [&] { return fmt::format("cannot give {} a capacity of {} bytes", name, size); };
  if (size > std::numeric_limits<int>::max()) throw Error{EINVAL, attempt()};
  const int capacity = ::fcntl(pipe, F_SETPIPE_SZ, static_cast<int>(size));
  if (capacity >= 0) return static_cast<std::uint64_t>(capacity);
  if (errno == EPERM)
    throw Error{
        EPERM, attempt(),
        fmt::format("without privilege it is limited by {} and {}", sysctl_with_value("fs.pipe-max-size"),
                    sysctl_with_value("fs.pipe-user-pages-soft"))};
  throw Error{errno, attempt(), errno == EBUSY ? "it holds more than that now" : ""};
}

// tee(2) says what read(2) would, and takes nothing.
bool has_writer(int reader) {
  const auto scratch = make_pipe(PipeMode::nonblocking);
  return ::tee(reader, scratch.write_end.get(), 1, SPLICE_F_NONBLOCK) != 0;
}

bool has_reader(int writer) {
  pollfd entry{writer, 0, 0};
  return wait_for_events({&entry, 1}, Deadline::immediate()) == Waited::timed_out;
}

Drained wait_until_drained(int writer, const Deadline& deadline) {
  const auto end = [&]() -> std::optional<Drained> {
    const bool is_read = has_reader(writer);  // asked first: who goes after this may have read all
    if (unread_bytes(writer) == 0) return Drained::yes;
    return is_read ? std::nullopt : std::optional{Drained::reader_left};
  };
  return poll_with_backoff(deadline, end).value_or(Drained::too_late);
}

}  // namespace ipcutils
