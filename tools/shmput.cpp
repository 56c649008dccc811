// shmput: copies standard input, or a file, into shared memory. Manual page: shmput(1).
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <ipcutils/mode.hpp>
#include <ipcutils/number.hpp>
#include <ipcutils/shared_memory.hpp>
#include <ipcutils/signal_block.hpp>
#include <limits>

#include "cli/command_line.hpp"
#include "cli/entry.hpp"
#include "cli/exit_status.hpp"
#include "cli/fatal_signal.hpp"
#include "cli/guarded_main.hpp"
#include "cli/input.hpp"
#include "cli/output.hpp"
#include "cli/progress_bar.hpp"

using namespace ipcutils;

namespace {

struct Options {
  Reference target{Kind::shm, SysvPrivate{}};
  std::optional<std::string> file;
  std::optional<std::uint64_t> size;
  std::optional<std::uint64_t> offset;
  mode_t mode = 0600;
  bool must_exist = false;
  bool must_not_exist = false;
  bool replace = false;
  bool truncate = false;
  bool print_reference = false;
  cli::ProgressWhen progress = cli::ProgressWhen::never;

  std::uint64_t begin() const { return offset.value_or(0); }
  bool makes_private() const { return std::holds_alternative<SysvPrivate>(target.name); }
  Trust trust() const { return must_exist ? Trust::anybody : Trust::self_and_root; }
};

void require_consistent(const Options& options) {
  const auto forbid = [](bool both, std::string_view reason) {
    if (both) throw cli::UsageError{std::string{reason}};
  };
  const bool is_fixed = SharedMemoryDraft::has_fixed_size(options.target);
  forbid(options.must_exist && options.must_not_exist, "--existing and --exclusive contradict each other");
  forbid(options.must_exist && options.makes_private(),
         "--existing and 'private', a new object, contradict each other");
  forbid(options.replace && options.must_not_exist, "--replace and --exclusive contradict each other");
  forbid(options.replace && options.offset, "--replace and --offset contradict each other");
  forbid(options.replace && is_fixed,
         "--replace is for POSIX objects and files: a System V segment cannot take the place of another");
  forbid(options.truncate && is_fixed,
         "--truncate is for POSIX objects and files: a System V segment keeps its size");
  const auto largest = std::numeric_limits<std::uint64_t>::max();
  forbid(options.offset && options.size && *options.offset > *options.size, "--offset lies behind --size");
  forbid(options.begin() > largest / 2, "the offset is too large");
}

Options parse(int argc, char** argv) {
  Options options;
  cli::CommandLine command_line{{
      .tool = "shmput",
      .synopses = {"[OPTION]... SHM [FILE]"},
      .summary = "Copy standard input, or FILE, into the shared memory SHM, which is made if it is missing.",
      .notes = "SHM is /NAME (POSIX), KEY, @ID, ftok:PATH[:PROJ] or private (System V), or file:PATH.",
  }};
  command_line.option("mode,m", "MODE", "permissions of a new object, octal or symbolic (600)",
                      [&](auto text) { options.mode = parse_mode(text, 0600); });
  command_line.flag("exclusive,x", "fail if the object exists", options.must_not_exist);
  command_line.flag("existing", "fail if it does not, and take it whoever owns it", options.must_exist);
  command_line.option("size", "SIZE", "size of a new object, and the least of an existing one",
                      [&](auto text) { options.size = parse_size(text, 1); });
  command_line.option("offset,o", "SIZE", "write there, and leave the rest as it is",
                      [&](auto text) { options.offset = parse_size(text); });
  command_line.flag("truncate", "shorten an existing object to what is written", options.truncate);
  command_line.flag("replace", "swap a new object in, in one step", options.replace);
  command_line.flag("print-ref", "print the reference of the object", options.print_reference);
  cli::add_progress_option(command_line, options.progress);

  const auto operands = command_line.parse(argc, argv);
  cli::require_operands(operands, {"SHM", "FILE"}, 1, 2);
  options.target = Reference::parse(operands[0], Kind::shm);
  if (operands.size() == 2) options.file = operands[1];
  require_consistent(options);
  return options;
}

void require_fits(const cli::Input& input, std::uint64_t room, const Options& options) {
  if (input.length && *input.length > room)
    throw Error{EFBIG, fmt::format("cannot write shared memory {}", options.target.quoted()),
                fmt::format("the input has {} bytes, and there is room for {}", *input.length, room)};
}

// Copies the input to where the options say. More than there is room for is an error.
void fill(SharedMemory& object, const cli::Input& input, std::uint64_t room, const Options& options,
          cli::ProgressBar& bar) {
  const auto length = std::min(room, input.length.value_or(until_end));
  object.write_from(input.endpoint, options.begin(), {.length = length, .progress = bar.callback()});
  if (!input.length && bar.moved() == room && cli::has_more(input))
    throw Error{EFBIG, fmt::format("cannot write shared memory {}", options.target.quoted()),
                fmt::format("there is room for {} bytes, and the input has more", room)};
}

// Writes over an object that is there. What is known not to fit is refused before anything is changed.
void overwrite(SharedMemory& object, const cli::Input& input, const Options& options) {
  const auto old_size = object.size();
  const auto begin = options.begin();
  const auto known_end = std::max(begin + input.length.value_or(0), options.size.value_or(0));
  const auto first = std::min(begin, old_size);
  object.reserve(first, known_end - first);

  cli::ProgressBar bar{options.progress, input.length};
  try {
    fill(object, input, object.capacity() - begin, options, bar);
  } catch (const Error& error) {
    // What it has grown by is given back; what has been replaced is lost, and the user must know.
    if (object.size() > old_size) object.resize(old_size);
    if (bar.moved() == 0) throw;
    const auto loss = fmt::format("{} bytes have been replaced", bar.moved());
    throw Error{error.code().value(), error.attempt(),
                error.hint().empty() ? loss : fmt::format("{}; {}", error.hint(), loss)};
  }
  const auto end = begin + bar.moved();
  const auto least = std::max(end, options.size.value_or(0));
  if (options.truncate || least > object.size()) object.resize(least);
  if (!options.offset) object.zero(end, object.size() - end);
}

void discard_draft(void* draft) {
  auto& made = *static_cast<std::optional<SharedMemoryDraft>*>(draft);
  if (made) made->discard();
}

// What was read for a draft that cannot be published, to be read again.
cli::Input content_of(SharedMemoryDraft& draft, std::uint64_t begin, std::uint64_t length) {
  FileDescriptor copy{::fcntl(draft.object().descriptor(), F_DUPFD_CLOEXEC, 0)};
  if (::lseek(copy.get(), static_cast<off_t>(begin), SEEK_SET) == -1)
    throw Error{errno, "cannot read the input again"};
  const int fd = copy.get();
  return {std::move(copy), {fd, "the input"}, length};
}

// Makes the object, and returns its reference; nothing when another one has taken the name meanwhile. `input`
// is as if it had not been read then.
std::optional<Reference> create(cli::Input& input, const Options& options) {
  const auto begin = options.begin();
  if (!input.length && !options.size && SharedMemoryDraft::has_fixed_size(options.target))
    input = cli::spool(input);
  const auto room = options.size ? *options.size - begin : until_end;
  require_fits(input, room, options);
  SharedMemoryDraft::Options how{.size = options.size, .mode = options.mode, .replaceable = options.trust()};
  if (!how.size && input.length) how.size = begin + *input.length;
  if (options.replace) how.collision = SharedMemoryDraft::Collision::replace;

  std::optional<SharedMemoryDraft> draft;
  const cli::FatalSignalCleanup cleanup{discard_draft, &draft};
  {
    const SignalBlock block;  // so that no signal comes between the making and the knowledge of it
    draft = SharedMemoryDraft::begin(options.target, how);
  }
  if (!draft) return std::nullopt;

  cli::ProgressBar bar{options.progress, input.length};
  fill(draft->object(), input, room, options, bar);
  const auto end = begin + bar.moved();
  const auto size = options.size.value_or(end);
  if (draft->object().size() != size) draft->object().resize(size);
  draft->object().reserve(0, begin);
  draft->object().reserve(end, size - end);
  if (draft->publish()) return draft->object().reference();
  input = content_of(*draft, begin, bar.moved());
  return std::nullopt;
}

// Writes the input to the object, and returns its reference. Between the look for an object and the making of
// one, others may make or remove it, so both are tried until one of them succeeds.
Reference put(cli::Input& input, const Options& options) {
  const auto describe = [&] {
    return fmt::format("cannot create shared memory {}", options.target.quoted());
  };
  for (int attempt = 0; attempt < 10; ++attempt) {
    if (!options.makes_private() && (!options.replace || options.must_exist)) {
      auto existing = SharedMemory::open_if_exists(options.target, Access::write, options.trust());
      if (existing && options.must_not_exist) throw Error{EEXIST, describe()};
      if (existing && !options.replace) {
        overwrite(*existing, input, options);
        return existing->reference();
      }
      if (!existing && options.must_exist)
        throw Error{ENOENT, fmt::format("cannot open shared memory {}", options.target.quoted())};
    }
    if (const auto made = create(input, options)) return *made;
    if (options.must_not_exist) throw Error{EEXIST, describe()};
  }
  throw Error{EEXIST, describe(),
              "what has the name cannot be opened: a symbolic link that leads nowhere, or left unfinished by "
              "another user?"};
}

// A segment of which nobody has been told must not stay.
void tell(const Reference& reference, const Options& options) {
  try {
    cli::print("{}\n", reference.to_string());
    cli::flush_output();
  } catch (const Error&) {
    if (options.makes_private()) SharedMemory::remove_if_exists(reference);
    throw;
  }
}

int run(const Options& options) {
  auto input = cli::open_input(options.file);
  const auto reference = put(input, options);
  if (options.print_reference || options.makes_private()) tell(reference, options);
  return cli::exit_success;
}

}  // namespace

IPCUTILS_ENTRY ipcutils_shmput(int argc, char** argv) {
  return cli::guarded_main("shmput", argc, argv, parse, run);
}
