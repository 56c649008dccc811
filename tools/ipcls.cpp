// ipcls: lists objects of interprocess communication. Manual page: ipcls(1).
#include <fmt/format.h>

#include <algorithm>
#include <ipcutils/holders.hpp>
#include <ipcutils/inventory.hpp>
#include <ipcutils/limits.hpp>
#include <ipcutils/memory_account.hpp>
#include <ipcutils/number.hpp>
#include <ipcutils/quote.hpp>
#include <ipcutils/waiters.hpp>

#include "cli/command_line.hpp"
#include "cli/entry.hpp"
#include "cli/exit_status.hpp"
#include "cli/guarded_main.hpp"
#include "cli/object_selection.hpp"
#include "cli/output.hpp"
#include "cli/references.hpp"
#include "cli/unlisted.hpp"
#include "ipcls/limit_table.hpp"
#include "ipcls/memory_table.hpp"
#include "ipcls/object_columns.hpp"
#include "ipcls/object_dump.hpp"
#include "ipcls/object_json.hpp"
#include "ipcls/object_table.hpp"
#include "ipcls/watch.hpp"

using namespace ipcutils;

namespace {

constexpr std::string_view tool = "ipcls";

enum class Subject { objects, limits, usage };
enum class Format { aligned, raw, json, references, dump };

struct Options {
  cli::ObjectSelection selection;
  std::vector<Reference> references;
  std::optional<std::string> columns;  // as they were given
  std::optional<ipcls::SortOrder> order;
  bool holders = false;
  Subject subject = Subject::objects;
  Format format = Format::aligned;
  ipcls::TableStyle style;
  char terminator = '\n';
  std::optional<Duration> watch_interval;  // given: prints again what changes
};

// What --limits and --usage have no use for.
constexpr std::string_view about_objects =
    "holders,output,sort,refs,dump,owner,mine,name,pid,larger-than,full,older-than,unused,orphaned,REF";

std::string columns_help() {
  std::string text = "COLUMNS are names with commas between; with a '+' before, besides the usual ones:";
  for (const auto& column : ipcls::all_object_columns())
    text += fmt::format("\n  {:<10} {}", column.name, column.help);
  return text;
}

// The kinds that the table is about: of the objects that were given, or those that are looked for.
std::set<Kind> kinds_of(const Options& options) {
  if (options.references.empty()) return options.selection.selection().kinds;
  std::set<Kind> kinds;
  for (const auto& reference : options.references) kinds.insert(reference.kind);
  return kinds;
}

ipcls::ObjectColumns columns_of(const Options& options) {
  if (options.format == Format::json && !options.columns) return ipcls::every_column();
  const auto kinds = kinds_of(options);
  auto usual = ipcls::default_columns(kinds);
  if (options.holders) usual = ipcls::parse_columns("+HOLDERS,OTHERS", usual);
  if (options.holders && kinds.contains(Kind::sem)) usual = ipcls::parse_columns("+WAITERS", usual);
  return options.columns ? ipcls::parse_columns(*options.columns, usual) : usual;
}

// Those that are printed, or order what is printed.
ipcls::ObjectColumns used_columns(const Options& options) {
  auto columns = columns_of(options);
  if (options.format == Format::references) columns.clear();
  if (options.order) columns.push_back(options.order->column);
  return columns;
}

// Whether objects must be looked into for what is printed, or for its order.
bool needs_contents(const Options& options) {
  const auto is_inside = [](const ipcls::ObjectColumn* column) {
    return column->source == ipcls::ObjectColumn::Source::contents;
  };
  return options.format == Format::dump || std::ranges::any_of(used_columns(options), is_inside);
}

Duration parse_interval(std::string_view text) {
  const auto interval = parse_duration(text);
  if (interval == Duration::zero())
    throw Error::invalid(fmt::format("invalid interval {}", quote(text)), "it is longer than 0");
  return interval;
}

Options parse(int argc, char** argv) {
  Options options;
  cli::CommandLine command_line{{
      .tool = tool,
      .synopses = {"[OPTION]... [REF]..."},
      .summary = "List the objects of interprocess communication of both APIs, or those that are given.",
      .more_notes = columns_help,
      .operands = "REF",
  }};
  cli::add_selection_options(command_line, options.selection);
  command_line
      .flag("limits,l", "list limits of the system instead", [&] { options.subject = Subject::limits; })
      .excludes(about_objects, "limits are of kinds, not of objects");
  command_line.flag("usage,u", "list how much of them is used", [&] { options.subject = Subject::usage; })
      .excludes(about_objects, "limits are of kinds, not of objects");
  command_line.flag("holders", "also the processes that hold each object, or wait for it", options.holders);
  command_line.option("output,o", "COLUMNS", "print these columns", [&](auto text) {
    ipcls::parse_columns(text, {});  // for its errors
    options.columns = std::string{text};
  });
  command_line.option("sort", "COLUMN", "sort by this column, with a '-' before it the highest first",
                      [&](auto text) { options.order = ipcls::parse_sort_order(text); });
  command_line.flag("json,j,J", "print one JSON object a line", [&] { options.format = Format::json; });
  command_line.flag("raw,r", "print columns without alignment", [&] { options.format = Format::raw; });
  command_line.flag("human", "print sizes with units of 1024, as 1.5M",
                    [&] { options.style.sizes = cli::Sizes::human; });
  command_line.flag("refs", "print references alone", [&] { options.format = Format::references; });
  command_line.flag("dump", "print commands that make the same objects",
                    [&] { options.format = Format::dump; });
  command_line.flag("null,0", "end references in NUL", [&] { options.terminator = '\0'; }).needs("refs");
  command_line.flag("noheadings", "print no headings", [&] { options.style.has_headings = false; });
  command_line
      .option_with_optional_argument(
          "watch", "INTERVAL", "print again when something changes, which is looked for every INTERVAL (2s)",
          [&](auto text) { options.watch_interval = parse_interval(text.value_or("2s")); })
      .excludes("limits,usage,refs,dump", "it prints tables, or with --json changes");

  for (const auto& operand : command_line.parse(argc, argv))
    options.references.push_back(Reference::parse(operand, options.selection.kinds));
  options.selection.contents = needs_contents(options);
  return options;
}

void print(const std::vector<Object>& objects, const Options& options) {
  switch (options.format) {
    case Format::references:
      for (const auto& object : objects) cli::print_reference(object.reference, options.terminator);
      return;
    case Format::dump:
      for (const auto& object : objects) cli::print("{}", ipcls::dump_of(object));
      return;
    case Format::json:
      return ipcls::print_objects_as_json(objects, columns_of(options));
    case Format::raw:
    case Format::aligned: {
      auto style = options.style;
      style.has_headings = style.has_headings && (options.references.empty() || !objects.empty());
      const auto table = ipcls::table_of_objects(objects, columns_of(options), style);
      return options.format == Format::raw ? ipcls::print_raw(table) : ipcls::print_aligned(table);
    }
  }
}

// Adds who holds them, and brings them into their order, as far as that is asked for.
void complete(std::vector<Object>& objects, std::vector<Error>& failures, const Options& options) {
  const bool has_holders = options.selection.filter.needs_holders();
  if (options.holders && !has_holders) look_for_holders(objects, &failures);
  if (options.holders) look_for_waiters(objects);
  if (options.order) ipcls::sort_objects(objects, *options.order);
}

// Prints objects, and reports what could not be listed or is not known of them. Returns the exit status.
int print_with_failures(std::vector<Object> objects, std::vector<Error> failures, const Options& options) {
  complete(objects, failures, options);
  print(objects, options);
  return cli::report_unlisted(tool, failures, options.selection);
}

// All that the options choose.
int list(const Options& options) {
  std::vector<Error> failures;
  auto objects = cli::find_objects(options.selection, failures).chosen;
  return print_with_failures(std::move(objects), std::move(failures), options);
}

// Those that are given, as far as they match.
int show(const Options& options) {
  std::vector<Object> objects;
  const int status = cli::for_each(tool, options.references, [&](const Reference& reference) {
    auto object = find_object(reference);
    if (!object) throw Error{ENOENT, fmt::format("cannot find {}", reference.description())};
    objects.push_back(std::move(*object));
  });
  std::vector<Error> failures;
  objects = cli::choose(std::move(objects), options.selection, failures).chosen;
  return std::max(status, print_with_failures(std::move(objects), std::move(failures), options));
}

// Those that are there now of all that the options choose, or of those that are given.
std::vector<Object> look(const Options& options, std::vector<Error>& failures) {
  std::vector<Object> objects;
  for (const auto& reference : options.references) {
    try {
      if (auto object = find_object(reference)) objects.push_back(std::move(*object));
    } catch (const Error& error) {
      failures.push_back(error);
    }
  }
  objects = options.references.empty() ? cli::find_objects(options.selection, failures).chosen
                                       : cli::choose(std::move(objects), options.selection, failures).chosen;
  complete(objects, failures, options);
  return objects;
}

// What goes wrong again and again is told once.
[[noreturn]] void watch(const Options& options) {
  using Form = ipcls::Watching::Form;
  const auto& filter = options.selection.filter;
  auto selection = options.selection.selection();
  selection.kinds = kinds_of(options);
  std::set<std::string> told;
  ipcls::watch({.form = options.format == Format::json  ? Form::changes
                        : options.format == Format::raw ? Form::raw
                                                        : Form::aligned,
                .style = options.style,
                .columns = columns_of(options),
                .followed = used_columns(options),
                .interval = *options.watch_interval,
                .selection = std::move(selection),
                .has_other_sources = filter.needs_holders() || filter.older_than || filter.larger_than ||
                                     filter.filled_to || !options.references.empty()},
               [&] {
                 std::vector<Error> failures;
                 auto objects = look(options, failures);
                 for (const auto& failure : failures)
                   if (told.insert(failure.what()).second) cli::report(tool, failure);
                 return objects;
               });
}

// What fills /dev/shm takes a look at every process, and is told where shared memory is asked for by name.
MemoryAccount account_of(const Options& options, std::vector<Error>& failures) {
  const bool is_wanted = options.subject == Subject::usage && options.selection.kinds.contains(Kind::shm) &&
                         options.selection.selection().apis.contains(Api::posix);
  return is_wanted ? account_for_memory(&failures) : MemoryAccount{};
}

void print_limits(const std::vector<Limit>& limits, const MemoryAccount& account, const Options& options) {
  if (options.format == Format::json) {
    ipcls::print_limits_as_json(limits);
    return ipcls::print_memory_parts_as_json(account);
  }
  auto table = options.subject == Subject::limits ? ipcls::table_of_limits(limits, options.style)
                                                  : ipcls::table_of_usage(limits, options.style);
  ipcls::add_memory_parts(table, account, limits, options.style);
  options.format == Format::raw ? ipcls::print_raw(table) : ipcls::print_aligned(table);
}

int show_limits(const Options& options) {
  auto selection = options.selection.selection();
  selection.contents = options.subject == Subject::usage || options.format == Format::json;
  std::vector<Error> failures;
  const auto limits = list_limits(selection, &failures);
  print_limits(limits, account_of(options, failures), options);
  return cli::report_unlisted(tool, failures, options.selection);
}

int run(const Options& options) {
  if (options.subject != Subject::objects) return show_limits(options);
  if (options.watch_interval) watch(options);
  return options.references.empty() ? list(options) : show(options);
}

}  // namespace

IPCUTILS_ENTRY ipcutils_ipcls(int argc, char** argv) {
  return cli::guarded_main(tool, argc, argv, parse, run);
}
