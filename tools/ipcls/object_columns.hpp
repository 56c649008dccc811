// The columns of a list of objects: their names, and what they hold of an object.
#pragma once

#include <cstdint>
#include <ipcutils/inventory.hpp>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ipcutils::ipcls {

// Absent, or of the type that JSON shall have.
using Cell =
    std::variant<std::monostate, bool, std::int64_t, std::uint64_t, std::string, std::vector<std::uint64_t>,
                 std::vector<SemaphoreState>, std::vector<Holder>, WaiterList, std::vector<MailboxReceiver>>;

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

constexpr bool is_number(ObjectColumn::Look look) {
  return look == ObjectColumn::Look::number || look == ObjectColumn::Look::size;
}

}  // namespace ipcutils::ipcls
