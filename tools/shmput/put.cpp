#include "put.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <ipcutils/error.hpp>
#include <ipcutils/interruption.hpp>
#include <ipcutils/open_or_create.hpp>
#include <ipcutils/signals.hpp>
#include <ipcutils/size.hpp>

#include "../cli/foreign.hpp"
#include "../cli/new_reference.hpp"
#include "../cli/signalled.hpp"

namespace ipcutils::shmput {

namespace {

Error exists_already(const Options& options, std::string hint = {}) {
  return {EEXIST, fmt::format("cannot create shared memory {}", options.target.quoted()), std::move(hint)};
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
  object.write_from(
      input.endpoint, options.begin(),
      {.length = length, .progress = bar.callback(), .deadline = Deadline::never().interrupted_by_any()});
  if (!input.length && bar.moved() == room && cli::has_more(input))
    throw Error{EFBIG, fmt::format("cannot write shared memory {}", options.target.quoted()),
                fmt::format("there is room for {} bytes, and the input has more", room)};
}

// Gives an object that has been written up to `end` its size, and zeroes what the input leaves. The size is
// asked for once, since others can change it between two questions.
void finish(SharedMemory& object, std::uint64_t end, const Options& options) {
  auto size = object.size();
  const auto least = std::max(end, options.size.value_or(0));
  if (options.truncate || size < least) {
    object.resize(least);
    size = least;
  }
  if (!options.offset) object.zero(end, bytes_between(end, size));
}

// Writes over an object that is there. What is known not to fit is refused before anything is changed.
void overwrite(SharedMemory& object, const cli::Input& input, const Options& options) {
  const bool was_removed = object.is_removed();
  const auto old_size = object.size();
  const auto begin = options.begin();
  const auto known_end = std::max(begin + input.length.value_or(0), options.size.value_or(0));
  const auto first = std::min(begin, old_size);
  object.reserve(first, bytes_between(first, known_end));

  cli::ProgressBar bar{options.progress, input.length};
  try {
    fill(object, input, bytes_between(begin, object.capacity()), options, bar);
    finish(object, begin + bar.moved(), options);
  } catch (const Error& error) {
    // What it has grown by is given back; what has been replaced is lost, and the user must know.
    const auto size = object.size();
    if (std::max(size, known_end) > old_size) object.resize(std::min(size, old_size));
    if (bar.moved() == 0) throw;
    const auto loss = fmt::format("{} bytes have been replaced", bar.moved());
    throw Error{error.code().value(), error.attempt(),
                error.hint().empty() ? loss : fmt::format("{}; {}", error.hint(), loss)};
  }
  if (!was_removed && object.is_removed())
    throw Error::because(ESTALE, fmt::format("cannot write shared memory {}", options.target.quoted()),
                         "it was removed meanwhile", "only processes that have it open see what was written");
}

// What was read for a draft that cannot be published, to be read again.
cli::Input content_of(SharedMemoryDraft& draft, std::uint64_t begin, std::uint64_t length) {
  auto copy = duplicate(draft.object().descriptor());
  if (::lseek(copy.get(), static_cast<off_t>(begin), SEEK_SET) == -1)
    throw Error{errno, "cannot read the input again"};
  const int fd = copy.get();
  return {std::move(copy), {fd, "the input"}, length};
}

// Makes the object, and returns its reference, which is printed if nobody else can know it; nothing when
// another object has taken the name meanwhile. `input` is as if it had not been read then.
std::optional<Reference> create(cli::Input& input, const Options& options) {
  const auto begin = options.begin();
  if (!input.length && !options.size && SharedMemoryDraft::has_fixed_size(options.target))
    input = cli::spool(input);
  const auto room = options.size ? bytes_between(begin, *options.size) : until_end;
  require_fits(input, room, options);
  SharedMemoryDraft::Options how{.size = options.size, .mode = options.mode, .replaceable = options.trust()};
  if (!how.size && input.length) how.size = begin + *input.length;
  if (options.replaces()) how.collision = SharedMemoryDraft::Collision::replace;

  // A signal ends the copying, and the draft goes. It is held back until a private segment has been told of.
  const Interruption interruption{fatal_signals};
  auto draft = SharedMemoryDraft::begin(options.target, how);
  if (!draft) return std::nullopt;

  cli::ProgressBar bar{options.progress, input.length};
  fill(draft->object(), input, room, options, bar);
  cli::require_no_signal(interruption);
  const auto end = begin + bar.moved();
  const auto size = options.size.value_or(end);
  if (draft->object().size() != size) draft->object().resize(size);
  draft->object().reserve(0, begin);
  draft->object().reserve(end, bytes_between(end, size));
  if (cli::tell_way_to_take("--existing", [&] { return draft->publish(); })) {
    const auto reference = draft->object().reference();
    if (options.makes_private()) cli::print_new_reference(reference);
    cli::require_no_signal(interruption);
    return reference;
  }
  input = content_of(*draft, begin, bar.moved());
  return std::nullopt;
}

// The object that is there already, open for writing. --replace alone needs no permission to write to it.
std::optional<SharedMemory> open_existing(const Options& options) {
  if (options.makes_private() || (options.replace && !options.must_exist)) return std::nullopt;
  auto existing = cli::tell_way_to_take("--existing", [&] {
    return SharedMemory::open_if_exists(options.target, Access::write, options.trust());
  });
  if (!existing && options.must_exist)
    throw Error{ENOENT, fmt::format("cannot open shared memory {}", options.target.quoted())};
  if (existing && options.must_not_exist) throw exists_already(options);
  return existing;
}

// Whether an object that cannot be replaced may still be written to: what lacks is permission in its
// directory or the right to give its owner a new object, or it is a mount point.
bool may_be_writable(const Error& error) {
  constexpr std::errc codes[] = {std::errc::permission_denied, std::errc::operation_not_permitted,
                                 std::errc::device_or_resource_busy};
  return error.hint().empty() &&
         std::ranges::any_of(codes, [&](std::errc code) { return error.code() == code; });
}

}  // namespace

Reference put(cli::Input& input, const Options& options) {
  bool is_there = false;
  const auto use_existing = [&]() -> std::optional<Reference> {
    auto existing = open_existing(options);
    is_there = existing.has_value();
    if (!existing || options.replaces()) return std::nullopt;
    overwrite(*existing, input, options);
    return existing->reference();
  };
  const auto make = [&] {
    try {
      auto made = create(input, options);
      if (!made && options.must_not_exist) throw exists_already(options);
      return made;
    } catch (const Error& error) {
      if (!is_there || !may_be_writable(error)) throw;
      throw Error{error.code().value(), error.attempt(), "--in-place writes into the object itself"};
    }
  };
  if (auto done = open_or_create(use_existing, make)) return *done;
  throw exists_already(options,
                       "what has the name cannot be opened: a symbolic link that leads nowhere, or left "
                       "unfinished by another user?");
}

}  // namespace ipcutils::shmput
