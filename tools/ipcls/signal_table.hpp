// What processes do with signals.
#pragma once

#include <ipcutils/signal_state.hpp>
#include <vector>

#include "table.hpp"

namespace ipcutils::ipcls {

// A row a process: its number, its name, how many signals its user has queued and may have, and names of
// signals with commas between; three or more real-time signals in a row are FIRST..LAST.
Table table_of_signals(const std::vector<SignalState>& states, const TableStyle& style);

// An object a line: pid, command, queued, limit (null: none), and the arrays pending, blocked, ignored and
// caught.
void print_signals_as_json(const std::vector<SignalState>& states);

}  // namespace ipcutils::ipcls
