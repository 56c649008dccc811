// Objects as JSON.
#pragma once

#include <ipcutils/inventory.hpp>
#include <vector>

#include "object_columns.hpp"

namespace ipcutils::ipcls {

// Prints an object a line, with a member for each column: null where it is absent.
void print_objects_as_json(const std::vector<Object>& objects, const ObjectColumns& columns);

}  // namespace ipcutils::ipcls
