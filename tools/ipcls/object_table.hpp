// Objects as the rows of a table.
#pragma once

#include <ipcutils/inventory.hpp>
#include <vector>

#include "object_columns.hpp"
#include "table.hpp"

namespace ipcutils::ipcls {

Table table_of_objects(const std::vector<Object>& objects, const ObjectColumns& columns,
                       const TableStyle& style);

}  // namespace ipcutils::ipcls
