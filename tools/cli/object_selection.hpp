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

// Adds -m, -q, -s, --sysv, --posix and the filters.
void add_selection_options(CommandLine& command_line, ObjectSelection& selection);

// Those of some objects that are chosen; who holds them is looked for if the filter asks.
std::vector<Object> chosen(std::vector<Object> objects, const ObjectSelection& selection);

// All objects that are chosen. What cannot be listed is added to `failures`.
std::vector<Object> find_objects(const ObjectSelection& selection, std::vector<Error>& failures);

}  // namespace ipcutils::cli
