// ipcdel: removes objects of interprocess communication. Manual page: ipcdel(1).
#include <fmt/format.h>

#include <algorithm>
#include <ipcutils/inventory.hpp>
#include <ipcutils/quote.hpp>

#include "cli/command_line.hpp"
#include "cli/entry.hpp"
#include "cli/guarded_main.hpp"
#include "cli/output.hpp"
#include "cli/references.hpp"

using namespace ipcutils;

namespace {

constexpr std::string_view tool = "ipcdel";

struct Options {
  std::vector<Reference> references;
  bool has_more_on_stdin = false;
  char terminator = '\n';
  bool dry_run = false;
  bool force = false;
};

void require_removable(const Reference& reference) {
  constexpr Kind removable[] = {Kind::shm, Kind::mq, Kind::sem};
  if (std::ranges::find(removable, reference.kind) == std::end(removable))
    throw Error::invalid(fmt::format("cannot remove {}", reference.description()),
                         "only shared memory, message queues and semaphores can be removed");
  if (std::holds_alternative<SysvPrivate>(reference.name))
    throw Error::invalid("cannot remove 'private'", "it is no existing object",
                         "its reference is '@' and its identifier");
}

Options parse(int argc, char** argv) {
  Options options;
  cli::CommandLine command_line{{
      .tool = tool,
      .synopses = {"[OPTION]... REF...", "[OPTION]... -"},
      .summary = "Remove the objects REF, or those whose references standard input holds (-), one a line.",
      .notes = "REF is shm:, mq: or sem:, and /NAME (POSIX), or KEY, @ID or ftok:PATH[:PROJ] (System V);\n"
               "or shm:file:PATH.",
  }};
  command_line.flag("dry-run", "print what would be removed, and remove nothing", options.dry_run);
  command_line.flag("force", "a missing object is no error", options.force);
  command_line.flag("null,0", "references on standard input, and printed, end in NUL",
                    [&] { options.terminator = '\0'; });

  const auto operands = command_line.parse(argc, argv);
  if (operands.empty()) throw cli::UsageError{"nothing to remove: no reference is given"};
  for (const auto& operand : operands) {
    if (operand == "-")
      options.has_more_on_stdin = true;
    else
      options.references.push_back(Reference::parse(operand));
  }
  for (const auto& reference : options.references) require_removable(reference);
  return options;
}

// False when there is no such object.
bool remove(const Reference& reference, const Options& options) {
  if (!options.dry_run) return remove_object_if_exists(reference);
  const auto found = find_object(reference);
  if (!found) return false;
  const auto text = found->reference.to_string();
  cli::print("{}{}", options.terminator == '\n' ? escape(text) : text, options.terminator);
  return true;
}

// All references are known to be good before anything is removed.
int run(const Options& options) {
  auto references = options.references;
  if (options.has_more_on_stdin) {
    for (auto& reference : cli::read_references(options.terminator)) {
      require_removable(reference);
      references.push_back(std::move(reference));
    }
  }
  return cli::for_each(tool, references, [&](const Reference& reference) {
    if (!remove(reference, options) && !options.force)
      throw Error{ENOENT, fmt::format("cannot remove {}", reference.description())};
  });
}

}  // namespace

IPCUTILS_ENTRY ipcutils_ipcdel(int argc, char** argv) {
  return cli::guarded_main(tool, argc, argv, parse, run);
}
