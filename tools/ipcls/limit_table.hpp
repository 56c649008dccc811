// Limits of the system, and how much of them is used.
#pragma once

#include <ipcutils/limits.hpp>
#include <vector>

#include "table.hpp"

namespace ipcutils::ipcls {

// A row a limit: what it limits, and its value; or of those that are used up, what is used and the share of
// it.
Table table_of_limits(const std::vector<Limit>& limits, const TableStyle& style);
Table table_of_usage(const std::vector<Limit>& limits, const TableStyle& style);

// An object a line: kind, api, name, description, unit, limit (null: unlimited), used (null: nobody tells).
void print_limits_as_json(const std::vector<Limit>& limits);

}  // namespace ipcutils::ipcls
