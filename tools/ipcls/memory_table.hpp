// What fills /dev/shm, as rows behind the limits.
#pragma once

#include <ipcutils/limits.hpp>
#include <ipcutils/memory_account.hpp>
#include <vector>

#include "table.hpp"

namespace ipcutils::ipcls {

// Adds a row a part to a table of usage (table_of_usage()), with its share of the size of the file system.
void add_memory_parts(Table& table, const MemoryAccount& account, const std::vector<Limit>& limits,
                      const TableStyle& style);

// An object a line: what limits have (print_limits_as_json()), and files, holders, hidden_processes and
// hidden_directories; null: it does not apply, or nobody tells.
void print_memory_parts_as_json(const MemoryAccount& account);

}  // namespace ipcutils::ipcls
