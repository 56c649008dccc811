// Messages that were taken and could not be delivered.
#pragma once

#include <ipcutils/message_queue.hpp>
#include <optional>
#include <string_view>
#include <vector>

#include "message_json.hpp"

namespace ipcutils::cli {

// Puts messages back at the end of their priority or type, waiting so long for room for each. One that cannot
// go back is written to standard error as JSON, and why is told behind them. Returns whether all are in the
// queue.
bool put_back(std::string_view tool, MessageQueue& queue, const std::vector<OwnedMessage>& messages,
              const std::optional<Duration>& timeout);

}  // namespace ipcutils::cli
