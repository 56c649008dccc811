// ipcls: lists objects of interprocess communication. Manual page: ipcls(1).
#include <fmt/format.h>

#include <algorithm>
#include <ipcutils/inventory.hpp>

#include "cli/command_line.hpp"
#include "cli/entry.hpp"
#include "cli/exit_status.hpp"
#include "cli/guarded_main.hpp"
#include "cli/object_columns.hpp"
#include "cli/object_json.hpp"
#include "cli/output.hpp"
#include "cli/references.hpp"
#include "cli/table.hpp"

using namespace ipcutils;

namespace {

constexpr std::string_view tool = "ipcls";

enum class Format { aligned, raw, json, references };

struct Options {
  Selection selection;
  bool asks_for_queues = false;
  std::vector<Reference> references;
  std::optional<std::string> columns;  // as they were given
  Format format = Format::aligned;
  bool has_headings = true;
  char terminator = '\n';
};

std::string columns_help() {
  std::string text = "COLUMNS are names with commas between; with a '+' before, besides the usual ones:";
  for (const auto& column : cli::all_object_columns())
    text += fmt::format("\n  {:<8} {}", column.name, column.help);
  return text;
}

Options parse(int argc, char** argv) {
  Options options;
  bool sysv = false;
  bool posix = false;
  std::set<Kind> kinds;
  cli::CommandLine command_line{{
      .tool = tool,
      .synopses = {"[OPTION]... [REF]..."},
      .summary = "List the objects of interprocess communication of both APIs, or those that are given.",
      .more_notes = columns_help,
  }};
  command_line.flag("shmems,m", "list shared memory", [&] { kinds.insert(Kind::shm); });
  command_line.flag("queues,q", "list message queues", [&] { kinds.insert(Kind::mq); });
  command_line.flag("semaphores,s", "list semaphores", [&] { kinds.insert(Kind::sem); });
  command_line.flag("sysv", "only System V objects", sysv);
  command_line.flag("posix", "only POSIX objects", posix);
  command_line.option("output,o", "COLUMNS", "print these columns", [&](auto text) {
    cli::parse_columns(text, {});  // for its errors
    options.columns = std::string{text};
  });
  command_line.flag("json,j,J", "print one JSON object a line", [&] { options.format = Format::json; });
  command_line.flag("raw,r", "print columns without alignment", [&] { options.format = Format::raw; });
  command_line.flag("refs", "print references alone", [&] { options.format = Format::references; });
  command_line.flag("null,0", "end references in NUL", [&] { options.terminator = '\0'; });
  command_line.flag("noheadings", "print no headings", [&] { options.has_headings = false; });

  for (const auto& operand : command_line.parse(argc, argv))
    options.references.push_back(Reference::parse(operand));
  if (options.terminator == '\0' && options.format != Format::references)
    throw cli::UsageError{"--null goes with --refs"};
  if (sysv != posix) options.selection.apis = {sysv ? Api::sysv : Api::posix};
  if (!kinds.empty()) options.selection.kinds = kinds;
  options.asks_for_queues = kinds.contains(Kind::mq);
  options.selection.contents = options.format != Format::references;
  return options;
}

cli::Table table_of(const std::vector<Object>& objects, const cli::ObjectColumns& columns,
                    bool has_headings) {
  cli::Table table{.columns = {}, .rows = {}, .has_headings = has_headings};
  for (const auto* column : columns)
    table.columns.push_back({std::string{column->name}, column->look == cli::ObjectColumn::Look::number});
  for (const auto& object : objects) {
    std::vector<std::string> row;
    for (const auto* column : columns) row.push_back(cli::cell_text(column->cell(object), column->look));
    table.rows.push_back(std::move(row));
  }
  return table;
}

// The kinds that the table is about: of the objects that were given, or those that are looked for.
std::set<Kind> kinds_of(const Options& options) {
  if (options.references.empty()) return options.selection.kinds;
  std::set<Kind> kinds;
  for (const auto& reference : options.references) kinds.insert(reference.kind);
  return kinds;
}

void print(const std::vector<Object>& objects, const Options& options) {
  const auto columns_or = [&](const cli::ObjectColumns& preset) {
    return options.columns ? cli::parse_columns(*options.columns, cli::default_columns(kinds_of(options)))
                           : preset;
  };
  switch (options.format) {
    case Format::references:
      for (const auto& object : objects) cli::print_reference(object.reference, options.terminator);
      return;
    case Format::json:
      return cli::print_objects_as_json(objects, columns_or(cli::every_column()));
    case Format::raw:
    case Format::aligned: {
      const auto columns = columns_or(cli::default_columns(kinds_of(options)));
      const auto table = table_of(objects, columns, options.has_headings);
      return options.format == Format::raw ? cli::print_raw(table) : cli::print_aligned(table);
    }
  }
}

// What cannot be listed is told. It is a failure of a user who asked for it.
int list(const Options& options) {
  std::vector<Error> failures;
  print(list_objects(options.selection, &failures), options);
  for (const auto& failure : failures) cli::report(tool, failure);
  return failures.empty() || !options.asks_for_queues ? cli::exit_success : cli::exit_failure;
}

int run(const Options& options) {
  if (options.references.empty()) return list(options);
  std::vector<Object> objects;
  const int status = cli::for_each(tool, options.references, [&](const Reference& reference) {
    auto object = find_object(reference);
    if (!object) throw Error{ENOENT, fmt::format("cannot find {}", reference.description())};
    objects.push_back(std::move(*object));
  });
  print(objects, options);
  return status;
}

}  // namespace

IPCUTILS_ENTRY ipcutils_ipcls(int argc, char** argv) {
  return cli::guarded_main(tool, argc, argv, parse, run);
}
