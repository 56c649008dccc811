// Limits of the system, and how much of them is used.
#pragma once

#include <cstdint>
#include <ipcutils/limits.hpp>
#include <optional>
#include <string>
#include <vector>

#include "table.hpp"

namespace ipcutils::ipcls {

// A row a limit: what it limits, and its value; or of those that are used up, what is used and the share of
// it.
Table table_of_limits(const std::vector<Limit>& limits, const TableStyle& style);
Table table_of_usage(const std::vector<Limit>& limits, const TableStyle& style);

// What is used of a limit in percent; empty where there is no limit to be a share of.
std::string share_text(std::uint64_t used, const std::optional<std::uint64_t>& limit);

// An object a line: kind, api, name, description, unit, limit (null: unlimited), used (null: nobody tells).
void print_limits_as_json(const std::vector<Limit>& limits);

}  // namespace ipcutils::ipcls
