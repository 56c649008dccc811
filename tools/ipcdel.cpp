// ipcdel: removes objects of interprocess communication. Manual page: ipcdel(1).
#include <fmt/format.h>

#include <algorithm>
#include <ipcutils/inventory.hpp>
#include <ipcutils/quote.hpp>
#include <set>

#include "cli/command_line.hpp"
#include "cli/diagnostic.hpp"
#include "cli/entry.hpp"
#include "cli/guarded_main.hpp"
#include "cli/object_selection.hpp"
#include "cli/output.hpp"
#include "cli/references.hpp"
#include "cli/unlisted.hpp"
#include "ipcdel/kept.hpp"

using namespace ipcutils;

namespace {

constexpr std::string_view tool = "ipcdel";

struct Options {
  cli::ObjectSelection selection;
  ipcdel::WithMessages with_messages = ipcdel::WithMessages::no;
  std::vector<Reference> references;
  bool has_more_on_stdin = false;
  char terminator = '\n';
  bool dry_run = false;
  bool force = false;
  bool is_quiet = false;
  bool is_verbose = false;
};

void require_removable(const Reference& reference) {
  if (std::holds_alternative<SysvPrivate>(reference.name))
    throw Error::invalid("cannot remove 'private'", "it is no existing object",
                         "its reference is '@' and its identifier");
}

Options parse(int argc, char** argv) {
  Options options;
  cli::CommandLine command_line{{
      .tool = tool,
      .synopses = {"[OPTION]... REF...", "[OPTION]... -", "[OPTION]... FILTER..."},
      .summary = "Remove the objects REF, or those whose references standard input holds (-), one a line,\n"
                 "or all that the filters choose.",
      .notes = "REF is shm:, mq: or sem:, and /NAME (POSIX), or KEY, @ID or ftok:PATH[:PROJ] (System V);\n"
               "or shm:file:PATH, sem:file:PATH, fifo:PATH, or mb:/NAME.",
  }};
  cli::add_selection_options(command_line, options.selection);
  command_line.flag("with-messages", "filters also take queues and mailboxes that hold messages",
                    [&] { options.with_messages = ipcdel::WithMessages::yes; });
  command_line.flag("dry-run", "print what would be removed, and remove nothing", options.dry_run);
  command_line.flag("force", "a missing object is no error", options.force);
  command_line.flag("quiet", "do not say what stays", options.is_quiet).excludes("verbose");
  command_line.flag("verbose,v", "say what has been removed", options.is_verbose);
  command_line.flag("null,0", "references on standard input, and printed, end in NUL",
                    [&] { options.terminator = '\0'; });

  const auto operands = command_line.parse(argc, argv);
  if (operands.empty() && !options.selection.filter.is_any())
    throw cli::UsageError{options.selection.is_any()
                              ? "that would be everybody's: it takes a filter as well, such as --mine"
                              : "nothing to remove: neither a reference nor a filter is given"};
  for (const auto& operand : operands) {
    if (operand == "-")
      options.has_more_on_stdin = true;
    else
      options.references.push_back(Reference::parse(operand, options.selection.kinds));
  }
  for (const auto& reference : options.references) require_removable(reference);
  return options;
}

// In a line, a name that cannot be printed stands in quotes: escaped alone, it would be another object's
// reference.
void print_removal(const Object& object, const Options& options) {
  const auto text = object.reference.to_string();
  const bool is_quoted = options.terminator == '\n' && !is_printable(text);
  cli::print("{}{}", is_quoted ? quote(text) : text, options.terminator);
}

void say_removed(const Reference& reference, const Options& options) {
  if (options.is_verbose)
    cli::write_diagnostic(fmt::format("{}: removed {}\n", tool, reference.description()));
}

void say_kept(const Reference& reference, std::string_view reason, const Options& options) {
  if (!options.is_quiet)
    cli::write_diagnostic(fmt::format("{}: kept {}: {}\n", tool, reference.description(), reason));
}

// Which objects the filters remove. Of each that stays although they are about it, it is said why, and once.
class Keeper {
 public:
  explicit Keeper(const Options& options) : m_options{options} {}

  std::vector<Object> removable(cli::Choice choice) {
    for (const auto& object : choice.held)
      keep(object, ipcdel::reason_it_is_held(object, m_options.selection.filter));
    std::erase_if(choice.chosen, [&](const Object& object) {
      const auto reason = ipcdel::reason_to_keep(object, m_options.with_messages);
      keep(object, reason);
      return reason || m_known.contains(object.reference.to_string());
    });
    return std::move(choice.chosen);
  }

  // Neither says anything of it nor has it removed any more; false when that was so already.
  bool forget(const Object& object) { return m_known.insert(object.reference.to_string()).second; }

 private:
  void keep(const Object& object, const std::optional<std::string>& reason) {
    if (reason && forget(object)) say_kept(object.reference, *reason, m_options);
  }

  const Options& m_options;
  std::set<std::string> m_known;
};

// Removes what is still what was looked at.
void remove_chosen(const Object& object, const Options& options) {
  if (options.dry_run) return print_removal(object, options);
  if (!remove_object_if_same(object)) return;
  if (const auto reason = ipcdel::reason_it_remains(object))
    return say_kept(object.reference, *reason, options);
  say_removed(object.reference, options);
}

// Looks again and again, and removes a few each time, so that what is removed has just been looked at.
int remove_by_filters(const Options& options) {
  constexpr std::size_t few = 64;
  int status = cli::exit_success;
  Keeper keeper{options};
  for (bool is_first = true;; is_first = false) {
    std::vector<Error> failures;
    auto objects = keeper.removable(cli::find_objects(options.selection, failures));
    if (is_first) status = cli::report_unlisted(tool, failures, options.selection);
    if (objects.empty()) return status;
    if (!options.dry_run) objects.resize(std::min(objects.size(), few));
    for (const auto& object : objects) keeper.forget(object);
    const int removed =
        cli::for_each(tool, objects, [&](const Object& object) { remove_chosen(object, options); });
    status = std::max(status, removed);
  }
}

void require_found(bool is_found, const Reference& reference, const Options& options) {
  if (!is_found && !options.force)
    throw Error{ENOENT, fmt::format("cannot remove {}", reference.description())};
}

void remove(const Reference& reference, const Options& options, Keeper& keeper) {
  const bool has_filter = options.selection.is_any();
  if (!has_filter && !options.dry_run) {
    const bool is_removed = remove_object_if_exists(reference);
    require_found(is_removed, reference, options);
    if (is_removed) say_removed(reference, options);
    return;
  }
  auto found = find_object(reference);
  require_found(found.has_value(), reference, options);
  if (!found) return;
  std::vector<Object> objects{std::move(*found)};
  std::vector<Error> failures;
  if (has_filter) objects = keeper.removable(cli::choose(std::move(objects), options.selection, failures));
  for (const auto& object : objects) remove_chosen(object, options);
  if (!failures.empty()) throw failures.front();
}

// All references are known to be good before anything is removed.
int run(const Options& options) {
  auto references = options.references;
  if (options.has_more_on_stdin) {
    for (auto& reference : cli::read_references(options.terminator, options.selection.kinds)) {
      require_removable(reference);
      references.push_back(std::move(reference));
    }
  }
  if (references.empty() && !options.has_more_on_stdin) return remove_by_filters(options);
  Keeper keeper{options};
  return cli::for_each(tool, references,
                       [&](const Reference& reference) { remove(reference, options, keeper); });
}

}  // namespace

IPCUTILS_ENTRY ipcutils_ipcdel(ipcutils_environment* environment, int argc, char** argv) {
  return cli::guarded_main(environment, tool, argc, argv, parse, run);
}
