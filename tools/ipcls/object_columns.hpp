// The columns of a list of objects: their names, and what they hold of an object.
#pragma once

#include <cstdint>
#include <ipcutils/inventory.hpp>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ipcutils::ipcls {

// Absent, or of the type that JSON shall have.
using Cell =
    std::variant<std::monostate, bool, std::int64_t, std::uint64_t, std::string, std::vector<std::uint64_t>,
                 std::vector<SemaphoreState>, std::vector<Holder>, WaiterList>;

struct ObjectColumn {
  enum class Look { text, number, size, time };
  enum class Source { list, contents };

  std::string_view name;
  std::string_view help;
  Look look;
  Cell (*cell)(const Object& object);
  Source source = Source::list;  // contents: it needs Selection::contents
};

using ObjectColumns = std::vector<const ObjectColumn*>;

// Every column that there is, in the order of the manual page.
std::span<const ObjectColumn> all_object_columns();

// The columns that "NAME,NAME…" names, in any case; with a '+' before the first, `preset` and these. Throws
// UsageError for an unknown one, which lists those that there are.
ObjectColumns parse_columns(std::string_view text, const ObjectColumns& preset);

// The columns of the table that is printed of these kinds unless others are asked for, and all of them.
ObjectColumns default_columns(const std::set<Kind>& kinds);
ObjectColumns every_column();

// Sorts objects by what a column holds of them, absent first; those that are equal stay as they are. "NAME",
// or
// "-NAME" for the highest first.
struct SortOrder {
  const ObjectColumn* column;
  bool is_descending = false;
};
SortOrder parse_sort_order(std::string_view text);
void sort_objects(std::vector<Object>& objects, const SortOrder& order);

constexpr bool is_number(ObjectColumn::Look look) {
  return look == ObjectColumn::Look::number || look == ObjectColumn::Look::size;
}

}  // namespace ipcutils::ipcls
