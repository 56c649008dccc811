#include "command_line.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ipcutils/error.hpp>
#include <ipcutils/number.hpp>
#include <ipcutils/quote.hpp>

#include "../cli/command_line.hpp"

namespace ipcutils::ipcls {

namespace {

// What --limits and --usage have no use for.
constexpr std::string_view about_objects =
    "holders,output,sort,refs,dump,owner,mine,name,pid,larger-than,full,older-than,unused,orphaned,REF";

// What --signals has no use for.
constexpr std::string_view not_about_processes =
    "limits,usage,shmems,queues,semaphores,mb,sysv,posix,holders,output,sort,refs,dump,owner,mine,name,pid,"
    "larger-than,full,older-than,unused,orphaned,human,watch";

std::string columns_help() {
  std::string text = "COLUMNS are names with commas between; with a '+' before, besides the usual ones:";
  for (const auto& column : all_object_columns())
    text += fmt::format("\n  {:<10} {}", column.name, column.help);
  return text;
}

// Whether objects must be looked into for what is printed, or for its order.
bool needs_contents(const Options& options) {
  const auto is_inside = [](const ObjectColumn* column) {
    return column->source == ObjectColumn::Source::contents;
  };
  return options.format == Format::dump || std::ranges::any_of(used_columns(options), is_inside);
}

Duration parse_interval(std::string_view text) {
  const auto interval = parse_duration(text);
  if (interval == Duration::zero())
    throw Error::invalid(fmt::format("invalid interval {}", quote(text)), "it is longer than 0");
  return interval;
}

}  // namespace

std::set<Kind> kinds_of(const Options& options) {
  if (options.references.empty()) return options.selection.selection().kinds;
  std::set<Kind> kinds;
  for (const auto& reference : options.references) kinds.insert(reference.kind);
  return kinds;
}

ObjectColumns columns_of(const Options& options) {
  if (options.format == Format::json && !options.columns) return every_column();
  const auto kinds = kinds_of(options);
  auto usual = default_columns(kinds);
  if (options.holders) usual = parse_columns("+HOLDERS,OTHERS", usual);
  if (options.holders && kinds.contains(Kind::sem)) usual = parse_columns("+WAITERS", usual);
  return options.columns ? parse_columns(*options.columns, usual) : usual;
}

ObjectColumns used_columns(const Options& options) {
  auto columns = columns_of(options);
  if (options.format == Format::references) columns.clear();
  if (options.order) columns.push_back(options.order->column);
  return columns;
}

Options parse(int argc, char** argv) {
  Options options;
  cli::CommandLine command_line{{
      .tool = "ipcls",
      .synopses = {"[OPTION]... [REF]...", "[OPTION]... --signals PID[:STARTTIME]..."},
      .summary =
          "List the objects of interprocess communication of both APIs, or those that are given; or list\n"
          "what processes do with signals.",
      .more_notes = columns_help,
      .operands = "REF",
  }};
  cli::add_selection_options(command_line, options.selection);
  command_line
      .flag("limits,l", "list limits of the system instead", [&] { options.subject = Subject::limits; })
      .excludes(about_objects, "limits are of kinds, not of objects");
  command_line.flag("usage,u", "list how much of them is used", [&] { options.subject = Subject::usage; })
      .excludes(about_objects, "limits are of kinds, not of objects");
  command_line
      .flag("signals", "list which signals the processes PID block, ignore, catch and have pending",
            [&] { options.subject = Subject::signals; })
      .excludes(not_about_processes, "processes are listed, not objects");
  command_line.flag("holders", "also the processes that hold each object, or wait for it", options.holders);
  command_line.option("output,o", "COLUMNS", "print these columns", [&](auto text) {
    parse_columns(text, {});  // for its errors
    options.columns = std::string{text};
  });
  command_line.option("sort", "COLUMN", "sort by this column, with a '-' before it the highest first",
                      [&](auto text) { options.order = parse_sort_order(text); });
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
  cli::add_into_option(command_line, options.into, "watch");

  const auto operands = command_line.parse(argc, argv);
  if (options.subject == Subject::signals) {
    cli::require_operands(operands, {"PID"}, 1, operands.size());
    for (const auto& operand : operands) options.processes.push_back(ProcessReference::parse(operand));
    return options;
  }
  for (const auto& operand : operands)
    options.references.push_back(Reference::parse(operand, options.selection.kinds));
  if (options.into && options.format == Format::aligned && !options.columns)
    options.format = Format::references;
  if (options.into && options.format == Format::references) options.terminator = '\0';
  options.selection.contents = needs_contents(options);
  return options;
}

}  // namespace ipcutils::ipcls
