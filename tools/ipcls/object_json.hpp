// Objects as JSON.
#pragma once

#include <ipcutils/inventory.hpp>
#include <string>
#include <vector>

#include "object_columns.hpp"

namespace ipcutils::ipcls {

// A member for each column: null where it is absent.
std::string object_as_json(const Object& object, const ObjectColumns& columns);

// Prints an object a line.
void print_objects_as_json(const std::vector<Object>& objects, const ObjectColumns& columns);

}  // namespace ipcutils::ipcls
