// shmget: writes shared memory to standard output. Manual page: shmget(1).
#include <unistd.h>

#include <algorithm>
#include <ipcutils/number.hpp>
#include <ipcutils/shared_memory.hpp>
#include <ipcutils/size.hpp>
#include <span>
#include <string>

#include "cli/command_line.hpp"
#include "cli/entry.hpp"
#include "cli/exit_status.hpp"
#include "cli/guarded_main.hpp"
#include "shmget/follow.hpp"

using namespace ipcutils;
using shmget::Options;

namespace {

Options parse(int argc, char** argv) {
  Options options;
  cli::CommandLine command_line{{
      .tool = shmget::tool,
      .synopses = {"[OPTION]... SHM"},
      .summary = "Write a copy of the shared memory SHM to standard output.",
      .notes = "SHM is /NAME (POSIX), KEY, @ID or ftok:PATH[:PROJ] (System V), or file:PATH.",
  }};
  command_line.option("offset,o", "SIZE", "begin there",
                      [&](auto text) { options.offset = parse_size(text); });
  command_line.option("length,l", "SIZE", "write so many bytes at most",
                      [&](auto text) { options.length = parse_size(text); });
  command_line.flag("until-nul,z", "end before the first NUL", options.until_nul);
  command_line
      .flag("follow,f", "write the content again each time it has changed, until SHM is removed",
            options.follow)
      .excludes("zero-copy,remove,progress");
  command_line
      .option("count,n", "N", "with --follow: stop after N versions",
              [&](auto text) { options.count = parse_number(text, "count", 1); })
      .needs("follow");
  command_line.flag("null,0", "with --follow: end each version in NUL", options.ends_in_nul).needs("follow");
  command_line.flag("zero-copy", "pass pages by reference: faster, but later writes show through",
                    [&] { options.pages = Pages::by_reference; });
  command_line.flag("remove", "remove the object when all has been written", options.remove);
  cli::add_timeout_options(command_line, "wait at most this long for the object to appear or to change",
                           options.timeout);
  cli::add_quiet_option(command_line, options.timeout_message);
  cli::add_progress_option(command_line, options.progress);
  cli::add_into_option(command_line, options.into, "follow,zero-copy,progress");

  const auto operands = command_line.parse(argc, argv);
  cli::require_operands(operands, {"SHM"}, 1, 1);
  options.source = Reference::parse(operands[0], Kind::shm);
  if (options.follow && SharedMemoryDraft::has_fixed_size(options.source))
    throw cli::UsageError{
        "--follow is for POSIX objects and files: the kernel does not tell who writes a System V segment"};
  return options;
}

// How many bytes are to be written.
std::uint64_t length_of(const SharedMemory& object, const Options& options) {
  const auto size = object.size();
  shmget::require_offset_within(size, options);
  const auto length = std::min(options.length, bytes_between(options.offset, size));
  return options.until_nul ? object.length_until_nul(options.offset, length) : length;
}

void require_whole(std::uint64_t moved, std::uint64_t length, const Options& options) {
  if (moved < length)
    throw Error::invalid(
        fmt::format("cannot read shared memory {}", options.source.quoted()),
        fmt::format("it was shortened while it was read, after {} of {} bytes", moved, length));
}

void write_out(const SharedMemory& object, const Options& options) {
  const auto length = length_of(object, options);
  cli::ProgressBar bar{options.progress, length};
  const Endpoint output{STDOUT_FILENO, "standard output"};
  const auto moved = object.read_to(output, options.offset,
                                    {.length = length, .pages = options.pages, .progress = bar.callback()});
  require_whole(moved, length, options);
}

void assign(const SharedMemory& object, const Options& options) {
  const auto length = length_of(object, options);
  std::string value(length, '\0');
  require_whole(object.read(std::as_writable_bytes(std::span{value}), options.offset), length, options);
  options.into->assign(value);
}

int run(const Options& options) {
  auto object = options.timeout
                    ? SharedMemory::wait_for(options.source, Access::read, Deadline::after(*options.timeout))
                    : SharedMemory::open(options.source, Access::read);
  if (!object)
    return cli::timed_out(shmget::tool, fmt::format("no shared memory {}", options.source.quoted()),
                          cli::exit_timeout, options.timeout_message);
  if (options.follow) return shmget::follow(std::move(*object), options);
  options.into ? assign(*object, options) : write_out(*object, options);
  if (options.remove) object->remove();
  return cli::exit_success;
}

}  // namespace

IPCUTILS_ENTRY ipcutils_shmget(ipcutils_environment* environment, int argc, char** argv) {
  return cli::guarded_main(environment, shmget::tool, argc, argv, parse, run);
}
