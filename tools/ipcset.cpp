// ipcset: changes objects of interprocess communication. Manual page: ipcset(1).
#include <fmt/format.h>

#include <ipcutils/change.hpp>
#include <ipcutils/inventory.hpp>
#include <ipcutils/mode.hpp>
#include <ipcutils/number.hpp>

#include "cli/account.hpp"
#include "cli/command_line.hpp"
#include "cli/entry.hpp"
#include "cli/guarded_main.hpp"

using namespace ipcutils;

namespace {

constexpr std::string_view tool = "ipcset";

struct Options {
  std::vector<Reference> references;
  ObjectChange change;
  std::optional<std::string> mode;  // which may be a change to the mode that an object has
};

Options parse(int argc, char** argv) {
  Options options;
  auto& change = options.change;
  cli::CommandLine command_line{{
      .tool = tool,
      .synopses = {"OPTION... REF..."},
      .summary = "Change owner, permissions, size or limits of the objects REF.",
      .notes = "REF is shm:, mq: or sem:, and /NAME (POSIX), or KEY, @ID or ftok:PATH[:PROJ] (System V);\n"
               "or shm:file:PATH or sem:file:PATH; or mb:/NAME.",
  }};
  command_line.option("mode,m", "MODE", "permissions, octal, or symbolic changes to what they are",
                      [&](auto text) {
                        parse_mode(text, 0);  // for its errors
                        options.mode = std::string{text};
                      });
  command_line.option("owner", "USER", "user who owns it",
                      [&](auto text) { change.owner = cli::parse_user(text); });
  command_line.option("group", "GROUP", "group that owns it",
                      [&](auto text) { change.group = cli::parse_group(text); });
  command_line.option("size", "SIZE", "size of POSIX shared memory, or of a mapped file",
                      [&](auto text) { change.size = parse_size(text); });
  command_line.option("qbytes", "SIZE", "bytes that a System V queue holds",
                      [&](auto text) { change.max_bytes = parse_size(text, 1); });
  command_line.flag("lock", "keep a System V segment out of swap", [&] { change.is_locked = true; });
  command_line.flag("unlock", "let it go there again", [&] { change.is_locked = false; });

  const auto operands = command_line.parse(argc, argv);
  cli::require_operands(operands, {"REF"}, 1, operands.size());
  if (!change.is_any() && !options.mode) throw cli::UsageError{"nothing to change: no option is given"};
  for (const auto& operand : operands) options.references.push_back(Reference::parse(operand));
  for (const auto& reference : options.references) require_changeable(reference, change);
  return options;
}

void change(const Reference& reference, const Options& options) {
  auto wanted = options.change;
  const auto object = find_object(reference);
  if (object && options.mode) wanted.mode = parse_mode(*options.mode, object->mode);
  if (!object || !change_if_exists(reference, wanted))
    throw Error{ENOENT, fmt::format("cannot change {}", reference.description())};
}

int run(const Options& options) {
  return cli::for_each(tool, options.references,
                       [&](const Reference& reference) { change(reference, options); });
}

}  // namespace

IPCUTILS_ENTRY ipcutils_ipcset(ipcutils_environment* environment, int argc, char** argv) {
  return cli::guarded_main(environment, tool, argc, argv, parse, run);
}
