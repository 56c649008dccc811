// shmget: writes shared memory to standard output. Manual page: shmget(1).
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <ipcutils/number.hpp>
#include <ipcutils/shared_memory.hpp>
#include <ipcutils/size.hpp>

#include "cli/command_line.hpp"
#include "cli/entry.hpp"
#include "cli/exit_status.hpp"
#include "cli/guarded_main.hpp"
#include "cli/progress_bar.hpp"
#include "cli/timeout.hpp"

using namespace ipcutils;

namespace {

struct Options {
  Reference source{Kind::shm, SysvPrivate{}};
  std::uint64_t offset = 0;
  std::uint64_t length = until_end;
  bool until_nul = false;
  bool remove = false;
  Pages pages = Pages::copied;
  std::optional<Duration> timeout;
  cli::TimeoutMessage timeout_message = cli::TimeoutMessage::printed;
  cli::ProgressWhen progress = cli::ProgressWhen::never;
};

Options parse(int argc, char** argv) {
  Options options;
  cli::CommandLine command_line{{
      .tool = "shmget",
      .synopses = {"[OPTION]... SHM"},
      .summary = "Write a copy of the shared memory SHM to standard output.",
      .notes = "SHM is /NAME (POSIX), KEY, @ID or ftok:PATH[:PROJ] (System V), or file:PATH.",
  }};
  command_line.option("offset,o", "SIZE", "begin there",
                      [&](auto text) { options.offset = parse_size(text); });
  command_line.option("length,l", "SIZE", "write so many bytes at most",
                      [&](auto text) { options.length = parse_size(text); });
  command_line.flag("until-nul,z", "end before the first NUL", options.until_nul);
  command_line.flag("zero-copy", "pass pages by reference: faster, but later writes show through",
                    [&] { options.pages = Pages::by_reference; });
  command_line.flag("remove", "remove the object when all has been written", options.remove);
  cli::add_timeout_options(command_line, "wait at most this long for the object to appear", options.timeout);
  cli::add_quiet_option(command_line, options.timeout_message);
  cli::add_progress_option(command_line, options.progress);

  const auto operands = command_line.parse(argc, argv);
  cli::require_operands(operands, {"SHM"}, 1, 1);
  options.source = Reference::parse(operands[0], Kind::shm);
  return options;
}

// How many bytes are to be written.
std::uint64_t length_of(const SharedMemory& object, const Options& options) {
  const auto size = object.size();
  if (options.offset > size)
    throw Error{EINVAL, fmt::format("cannot read shared memory {}", options.source.quoted()),
                fmt::format("it ends at {}, before the offset {}", size, options.offset)};
  const auto length = std::min(options.length, bytes_between(options.offset, size));
  return options.until_nul ? object.length_until_nul(options.offset, length) : length;
}

void write_out(const SharedMemory& object, const Options& options) {
  const auto length = length_of(object, options);
  cli::ProgressBar bar{options.progress, length};
  const Endpoint output{STDOUT_FILENO, "standard output"};
  const auto moved = object.read_to(output, options.offset,
                                    {.length = length, .pages = options.pages, .progress = bar.callback()});
  if (moved < length)
    throw Error::invalid(
        fmt::format("cannot read shared memory {}", options.source.quoted()),
        fmt::format("it was shortened while it was read, after {} of {} bytes", moved, length));
}

int run(const Options& options) {
  auto object = options.timeout
                    ? SharedMemory::wait_for(options.source, Access::read, Deadline::after(*options.timeout))
                    : SharedMemory::open(options.source, Access::read);
  if (!object)
    return cli::timed_out("shmget", fmt::format("no shared memory {}", options.source.quoted()),
                          cli::exit_timeout, options.timeout_message);
  write_out(*object, options);
  if (options.remove) object->remove();
  return cli::exit_success;
}

}  // namespace

IPCUTILS_ENTRY ipcutils_shmget(int argc, char** argv) {
  return cli::guarded_main("shmget", argc, argv, parse, run);
}
