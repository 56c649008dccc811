// ipcls --watch: prints objects again whenever something of them has changed.
#pragma once

#include <functional>
#include <ipcutils/deadline.hpp>
#include <ipcutils/inventory.hpp>
#include <vector>

#include "object_columns.hpp"
#include "table.hpp"

namespace ipcutils::ipcls {

struct Watching {
  enum class Form { aligned, raw, changes };

  Form form;
  TableStyle style;
  ObjectColumns columns;
  ObjectColumns followed;  // these, and what orders the objects
  Duration interval;       // between looks at what the kernel does not tell of
  Selection selection;     // what there is to tell of
  bool has_other_sources;  // what `look` finds depends on more than on these objects: processes, files, time
};

// Prints what `look` finds, and again when it has changed: a table, in place on a terminal, or as JSON a line
// a change. Does not return; throws Error when nothing can be written, as soon as nobody reads it any more
// (EPIPE).
[[noreturn]] void watch(const Watching& watching, const std::function<std::vector<Object>()>& look);

}  // namespace ipcutils::ipcls
