// ipcls: lists objects of interprocess communication. Manual page: ipcls(1).
#include <fmt/format.h>

#include <algorithm>
#include <ipcutils/holders.hpp>
#include <ipcutils/inventory.hpp>
#include <ipcutils/limits.hpp>
#include <ipcutils/memory_account.hpp>
#include <ipcutils/signal_state.hpp>
#include <ipcutils/waiters.hpp>

#include "cli/entry.hpp"
#include "cli/exit_status.hpp"
#include "cli/guarded_main.hpp"
#include "cli/output.hpp"
#include "cli/references.hpp"
#include "cli/unlisted.hpp"
#include "ipcls/command_line.hpp"
#include "ipcls/limit_table.hpp"
#include "ipcls/memory_table.hpp"
#include "ipcls/object_dump.hpp"
#include "ipcls/object_json.hpp"
#include "ipcls/object_table.hpp"
#include "ipcls/signal_table.hpp"
#include "ipcls/watch.hpp"

using namespace ipcutils;

namespace {

constexpr std::string_view tool = "ipcls";

using ipcls::Format;
using ipcls::Options;
using ipcls::Subject;

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

int show_signals(const Options& options) {
  std::vector<SignalState> states;
  const int status = cli::for_each(tool, options.processes, [&](const ProcessReference& reference) {
    states.push_back(find_signal_state(reference));
  });
  if (options.format == Format::json) {
    ipcls::print_signals_as_json(states);
    return status;
  }
  auto style = options.style;
  style.has_headings = style.has_headings && !states.empty();
  const auto table = ipcls::table_of_signals(states, style);
  options.format == Format::raw ? ipcls::print_raw(table) : ipcls::print_aligned(table);
  return status;
}

int run(const Options& options) {
  if (options.into)
    cli::write_output_into(*options.into,
                           options.format == Format::references ? cli::Shape::records : cli::Shape::lines);
  if (options.subject == Subject::signals) return show_signals(options);
  if (options.subject != Subject::objects) return show_limits(options);
  if (options.watch_interval) watch(options);
  return options.references.empty() ? list(options) : show(options);
}

}  // namespace

IPCUTILS_ENTRY ipcutils_ipcls(ipcutils_environment* environment, int argc, char** argv) {
  return cli::guarded_main(environment, tool, argc, argv, ipcls::parse, run);
}
