// What sigrecv does with signals.
#pragma once

#include <cstdint>
#include <ipcutils/deadline.hpp>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../cli/exit_status.hpp"
#include "../cli/timeout.hpp"
#include "signal_format.hpp"

namespace ipcutils::signals {

struct ReceiveOptions {
  std::string_view tool;
  std::vector<int> signals = {};
  std::optional<std::uint64_t> count = std::nullopt;
  bool follow = false;
  SignalFormat format = SignalFormat::usual();
  std::vector<std::string> command = {};
  std::string pid_file = {};  // empty: none
  std::optional<int> ready_fd = std::nullopt;
  std::optional<Duration> timeout = std::nullopt;
  int timeout_status = cli::exit_timeout;
  cli::TimeoutMessage timeout_message = cli::TimeoutMessage::printed;

  std::uint64_t wanted() const {
    return count.value_or(follow ? std::numeric_limits<std::uint64_t>::max() : 1);
  }
};

// Finds COMMAND, blocks the signals, says that it is ready, and receives as the options say. Returns the exit
// status.
int receive(const ReceiveOptions& options);

}  // namespace ipcutils::signals
