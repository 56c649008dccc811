// Which objects a command line chooses: by kind, by API and by what is true of them.
#pragma once

#include <ipcutils/error.hpp>
#include <ipcutils/filter.hpp>
#include <ipcutils/inventory.hpp>
#include <optional>
#include <vector>

namespace ipcutils::cli {

class CommandLine;

struct ObjectSelection {
  std::set<Kind> kinds;  // that were named; empty: all
  bool sysv = false;     // these two narrow it; both are none
  bool posix = false;
  bool contents = true;  // see Selection
  Filter filter;

  bool is_any() const { return !kinds.empty() || sysv || posix || filter.is_any(); }
  Selection selection() const;
};

// Adds -m, -q, -s, --mb, --sysv, --posix and the filters.
void add_selection_options(CommandLine& command_line, ObjectSelection& selection);

struct Choice {
  std::vector<Object> chosen;
  std::vector<Object> held;  // that would be, but for --unused or --orphaned
};

// Those of some objects that are chosen; who holds them is looked for if the filter asks. That it cannot be
// known is added to `failures`.
Choice choose(std::vector<Object> objects, const ObjectSelection& selection, std::vector<Error>& failures);

// The same of all objects. What cannot be listed is added to `failures`.
Choice find_objects(const ObjectSelection& selection, std::vector<Error>& failures);

}  // namespace ipcutils::cli
