// Which columns of a list of objects are printed, and by which one it is sorted.
#pragma once

#include <ipcutils/inventory.hpp>
#include <set>
#include <string_view>
#include <vector>

#include "object_columns.hpp"

namespace ipcutils::ipcls {

// The columns that "NAME,NAME…" names, in any case; with a '+' before the first, `preset` and these. Throws
// UsageError for an unknown one, which lists those that there are.
ObjectColumns parse_columns(std::string_view text, const ObjectColumns& preset);

// The columns of the table that is printed of these kinds unless others are asked for, and all of them.
ObjectColumns default_columns(const std::set<Kind>& kinds);
ObjectColumns every_column();

// Sorts objects by what a column holds of them, absent first; those that are equal stay as they are. "NAME",
// or "-NAME" for the highest first.
struct SortOrder {
  const ObjectColumn* column;
  bool is_descending = false;
};
SortOrder parse_sort_order(std::string_view text);
void sort_objects(std::vector<Object>& objects, const SortOrder& order);

}  // namespace ipcutils::ipcls
