// ipcdel: removes objects of interprocess communication. Manual page: ipcdel(1).
#include <fmt/format.h>

#include <algorithm>
#include <ipcutils/inventory.hpp>
#include <ipcutils/quote.hpp>

#include "cli/command_line.hpp"
#include "cli/entry.hpp"
#include "cli/guarded_main.hpp"
#include "cli/object_selection.hpp"
#include "cli/output.hpp"
#include "cli/references.hpp"

using namespace ipcutils;

namespace {

constexpr std::string_view tool = "ipcdel";

struct Options {
  cli::ObjectSelection selection;
  bool with_messages = false;
  std::vector<Reference> references;
  bool has_more_on_stdin = false;
  char terminator = '\n';
  bool dry_run = false;
  bool force = false;
};

void require_removable(const Reference& reference) {
  if (reference.kind == Kind::mb)
    throw Error::invalid(fmt::format("cannot remove {}", reference.description()),
                         "only shared memory, message queues, semaphores and FIFOs can be removed");
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
               "or shm:file:PATH, or fifo:PATH.",
  }};
  cli::add_selection_options(command_line, options.selection);
  command_line.flag("with-messages", "filters also take queues that hold messages", options.with_messages);
  command_line.flag("dry-run", "print what would be removed, and remove nothing", options.dry_run);
  command_line.flag("force", "a missing object is no error", options.force);
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

// Whether the filters take it. Of a queue that may not be looked into it is not known that it is empty.
bool is_taken(const Object& object, const Options& options) {
  const auto* queue = std::get_if<MessageQueueStatus>(&object.status);
  return queue == nullptr || options.with_messages || queue->messages == 0u;
}

std::vector<Object> only_taken(std::vector<Object> objects, const Options& options) {
  std::erase_if(objects, [&](const Object& object) { return !is_taken(object, options); });
  return objects;
}

// Removes what is still what was looked at.
void remove_chosen(const Object& object, const Options& options) {
  if (options.dry_run) return print_removal(object, options);
  remove_object_if_same(object);
}

// Looks again and again, and removes a few each time, so that what is removed has just been looked at.
int remove_by_filters(const Options& options) {
  constexpr std::size_t few = 64;
  int status = cli::exit_success;
  std::set<std::string> tried;
  for (;;) {
    std::vector<Error> failures;
    auto objects = only_taken(cli::find_objects(options.selection, failures), options);
    std::erase_if(objects,
                  [&](const Object& object) { return tried.contains(object.reference.to_string()); });
    if (tried.empty()) {
      for (const auto& failure : failures) cli::report(tool, failure);
      if (!failures.empty() && !options.selection.kinds.empty()) status = cli::exit_failure;
    }
    if (objects.empty()) return status;
    if (!options.dry_run) objects.resize(std::min(objects.size(), few));
    for (const auto& object : objects) tried.insert(object.reference.to_string());
    const int removed =
        cli::for_each(tool, objects, [&](const Object& object) { remove_chosen(object, options); });
    status = std::max(status, removed);
  }
}

void require_found(bool is_found, const Reference& reference, const Options& options) {
  if (!is_found && !options.force)
    throw Error{ENOENT, fmt::format("cannot remove {}", reference.description())};
}

void remove(const Reference& reference, const Options& options) {
  const bool has_filter = options.selection.is_any();
  if (!has_filter && !options.dry_run)
    return require_found(remove_object_if_exists(reference), reference, options);
  auto found = find_object(reference);
  require_found(found.has_value(), reference, options);
  if (!found) return;
  std::vector<Object> objects{std::move(*found)};
  if (has_filter) objects = only_taken(cli::chosen(std::move(objects), options.selection), options);
  for (const auto& object : objects) remove_chosen(object, options);
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
  return cli::for_each(tool, references, [&](const Reference& reference) { remove(reference, options); });
}

}  // namespace

IPCUTILS_ENTRY ipcutils_ipcdel(int argc, char** argv) {
  return cli::guarded_main(tool, argc, argv, parse, run);
}
