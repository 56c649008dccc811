#include "signal_table.hpp"

#include <fmt/format.h>

#include <ipcutils/quote.hpp>
#include <ipcutils/signal_name.hpp>
#include <nlohmann/json.hpp>

#include "../cli/json_line.hpp"
#include "../cli/json_values.hpp"
#include "../cli/output.hpp"

namespace ipcutils::ipcls {

namespace {

std::vector<std::string> names_of(const std::vector<int>& signals) {
  std::vector<std::string> names;
  for (const int signal : signals) names.push_back(signal_name(signal));
  return names;
}

// How many of the signals from the first one on follow one another as real-time signals; at least 1.
std::size_t length_of_run(const std::vector<int>& signals, std::size_t first) {
  std::size_t length = 1;
  while (is_real_time(signals[first]) && first + length < signals.size() &&
         signals[first + length] == signals[first + length - 1] + 1)
    ++length;
  return length;
}

std::string list_of(const std::vector<int>& signals) {
  constexpr std::size_t shortest_run = 3;
  const auto names = names_of(signals);
  std::vector<std::string> items;
  for (std::size_t i = 0; i < names.size();) {
    const auto length = length_of_run(signals, i);
    const bool is_run = length >= shortest_run;
    items.push_back(is_run ? fmt::format("{}..{}", names[i], names[i + length - 1]) : names[i]);
    i += is_run ? length : 1;
  }
  return fmt::format("{}", fmt::join(items, ","));
}

}  // namespace

Table table_of_signals(const std::vector<SignalState>& states, const TableStyle& style) {
  Table table{.columns = {{"PID", true},
                          {"COMMAND"},
                          {"QUEUED", true},
                          {"LIMIT", true},
                          {"PENDING"},
                          {"BLOCKED"},
                          {"IGNORED"},
                          {"CAUGHT"}},
              .rows = {},
              .has_headings = style.has_headings};
  for (const auto& state : states)
    table.rows.push_back({std::to_string(state.pid), escape_distinctly(state.command),
                          std::to_string(state.queued),
                          state.limit ? std::to_string(*state.limit) : "unlimited", list_of(state.pending),
                          list_of(state.blocked), list_of(state.ignored), list_of(state.caught)});
  return table;
}

void print_signals_as_json(const std::vector<SignalState>& states) {
  for (const auto& state : states)
    cli::print("{}\n", cli::json_line({{"pid", state.pid},
                                       {"command", state.command},
                                       {"queued", state.queued},
                                       {"limit", or_null(state.limit)},
                                       {"pending", names_of(state.pending)},
                                       {"blocked", names_of(state.blocked)},
                                       {"ignored", names_of(state.ignored)},
                                       {"caught", names_of(state.caught)}}));
}

}  // namespace ipcutils::ipcls
