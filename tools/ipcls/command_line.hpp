// What ipcls(1) is asked for.
#pragma once

#include <ipcutils/deadline.hpp>
#include <ipcutils/process_reference.hpp>
#include <ipcutils/reference.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "../cli/object_selection.hpp"
#include "../cli/variable.hpp"
#include "column_choice.hpp"
#include "table.hpp"

namespace ipcutils::ipcls {

enum class Subject { objects, limits, usage, signals };
enum class Format { aligned, raw, json, references, dump };

struct Options {
  cli::ObjectSelection selection;
  std::vector<Reference> references;
  std::vector<ProcessReference> processes;  // of --signals
  std::optional<std::string> columns;       // as they were given
  std::optional<SortOrder> order;
  bool holders = false;
  Subject subject = Subject::objects;
  Format format = Format::aligned;
  TableStyle style;
  char terminator = '\n';
  std::optional<Duration> watch_interval;  // given: prints again what changes
  std::optional<cli::Variable> into;
};

// Throws UsageError or Error for wrong usage, and NothingLeftToDo.
Options parse(int argc, char** argv);

// The kinds that the table is about: of the objects that were given, or those that are looked for.
std::set<Kind> kinds_of(const Options& options);

// The columns that are printed, and those with the one that orders the objects.
ObjectColumns columns_of(const Options& options);
ObjectColumns used_columns(const Options& options);

}  // namespace ipcutils::ipcls
