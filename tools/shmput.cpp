// shmput: copies standard input, or a file, into shared memory. Manual page: shmput(1).
#include <ipcutils/mode.hpp>
#include <ipcutils/number.hpp>
#include <limits>

#include "cli/command_line.hpp"
#include "cli/entry.hpp"
#include "cli/exit_status.hpp"
#include "cli/guarded_main.hpp"
#include "cli/output.hpp"
#include "shmput/put.hpp"

using namespace ipcutils;
using shmput::Options;

namespace {

// What depends on the kind of object, and on values.
void require_possible(const Options& options) {
  using cli::UsageError;
  if (options.must_exist && options.makes_private())
    throw UsageError{"--existing and 'private' exclude each other: 'private' is a new object"};
  if (SharedMemoryDraft::has_fixed_size(options.target)) {
    if (options.replace)
      throw UsageError{
          "--replace is for POSIX objects and files: a System V segment cannot take the place of another"};
    if (options.truncate)
      throw UsageError{"--truncate is for POSIX objects and files: a System V segment keeps its size"};
  }
  if (options.offset && options.size && *options.offset > *options.size)
    throw UsageError{"--offset lies behind --size"};
  if (options.begin() > std::numeric_limits<std::uint64_t>::max() / 2)
    throw UsageError{"the offset is too large"};
}

Options parse(int argc, char** argv) {
  Options options;
  cli::CommandLine command_line{{
      .tool = "shmput",
      .synopses = {"[OPTION]... SHM [FILE]"},
      .summary = "Copy standard input, or FILE, into the shared memory SHM, which is made if it is missing.",
      .notes =
          "SHM is /NAME (POSIX), KEY, @ID, ftok:PATH[:PROJ] or private (System V), or file:PATH.\n"
          "A POSIX object or file that exists is replaced as a whole; a System V segment is written into.",
  }};
  command_line.option("mode,m", "MODE", "permissions of a new object, octal or symbolic (600)",
                      [&](auto text) { options.mode = parse_mode(text, 0600); });
  command_line.flag("exclusive,x", "fail if the object exists", options.must_not_exist);
  command_line.flag("existing", "fail if it does not, and take it whoever owns it", options.must_exist)
      .excludes("exclusive");
  command_line.option("size", "SIZE", "size of a new object, and the least of an existing one",
                      [&](auto text) { options.size = parse_size(text, 1); });
  command_line.option("offset,o", "SIZE", "write there, and leave the rest as it is",
                      [&](auto text) { options.offset = parse_size(text); });
  command_line.flag("in-place", "write into an existing object itself, as --existing, --size and --offset do",
                    options.in_place);
  command_line.flag("truncate", "the same, and shorten the object to what is written", options.truncate);
  command_line.flag("replace", "replace an existing object also with --existing or --size", options.replace)
      .excludes("exclusive,offset,in-place,truncate");
  command_line.flag("print-ref", "print the reference of the object", options.print_reference);
  cli::add_progress_option(command_line, options.progress);

  const auto operands = command_line.parse(argc, argv);
  cli::require_operands(operands, {"SHM", "FILE"}, 1, 2);
  options.target = Reference::parse(operands[0], Kind::shm);
  if (operands.size() == 2) options.file = operands[1];
  require_possible(options);
  return options;
}

int run(const Options& options) {
  auto input = cli::open_input(options.file);
  const auto reference = shmput::put(input, options);
  if (options.print_reference && !options.makes_private()) cli::print("{}\n", reference.to_string());
  return cli::exit_success;
}

}  // namespace

IPCUTILS_ENTRY ipcutils_shmput(ipcutils_environment* environment, int argc, char** argv) {
  return cli::guarded_main(environment, "shmput", argc, argv, parse, run);
}
