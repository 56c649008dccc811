// What sigsend does with processes: signals, one after the other, until they have ended.
#pragma once

#include <csignal>
#include <ipcutils/process_reference.hpp>
#include <optional>
#include <string_view>
#include <vector>

#include "../cli/timeout.hpp"

namespace ipcutils::signals {

// The next signal, for those that have not ended after that time.
struct Step {
  Duration after;
  int signal;
};

struct SendOptions {
  std::string_view tool;
  int signal = SIGTERM;
  std::optional<int> value = std::nullopt;
  std::vector<Step> steps = {};
  bool wait = false;
  std::optional<Duration> timeout = std::nullopt;
  std::vector<ProcessReference> processes = {};
};

// Sends as the options say, and prints how processes ended if they are waited for. Reports what fails, and
// goes on with the other processes. Returns the exit status: the highest that fits any of them.
int send(const SendOptions& options);

}  // namespace ipcutils::signals
