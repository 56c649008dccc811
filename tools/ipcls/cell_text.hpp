// Cells as text.
#pragma once

#include <string>
#include <vector>

#include "../cli/human_size.hpp"
#include "object_columns.hpp"

namespace ipcutils::ipcls {

// A cell as a table shows it: printable, and no two names alike; times as 2026-11-20T11:18:02 in local time;
// absent and never are "".
std::string cell_text(const Cell& cell, ObjectColumn::Look look, cli::Sizes sizes);

// The processes of a cell of holders, as it shows them: "12 cat,13 less".
std::string holders_text(const std::vector<Holder>& holders);

}  // namespace ipcutils::ipcls
