// What the command line says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <ipcutils/deadline.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../cli/allowed_peers.hpp"
#include "../cli/exit_status.hpp"
#include "../cli/progress_bar.hpp"
#include "grammar.hpp"

namespace ipcutils::sockcat {

inline constexpr std::string_view tool = "sockcat";

// From most to least important, as in socat.
enum class LogLevel : std::uint8_t { fatal, error, warning, notice, information, debugging };

// How messages look, and where they go.
struct LogSettings {
  enum class Sink : std::uint8_t { standard_error, file, syslog };

  LogLevel level = LogLevel::error;
  Sink sink = Sink::standard_error;
  bool has_been_chosen = false;  // a sink was named: all messages go there, in its format
  bool is_mixed = false;         // standard error until the transfer begins
  std::string file = {};
  int facility = 3 << 3;  // LOG_DAEMON
  std::string program{tool};
  bool has_microseconds = false;
  bool has_host = false;
};

struct Settings {
  EndSpec first;
  std::optional<EndSpec> second = std::nullopt;  // nothing: COMMAND
  std::vector<std::string> command = {};

  bool goes_forward = true;   // from the first to the second
  bool goes_backward = true;  //
  std::size_t block = 0;      // 0: as is best
  std::optional<Duration> half_close_timeout = std::nullopt;
  Duration idle = unlimited;

  LogSettings log = {};
  bool dumps_text = false;
  bool dumps_hexadecimal = false;
  std::string forward_record = {};  // a file that gets a copy; empty: none
  std::string backward_record = {};

  bool is_sloppy = false;
  int preferred_family = 0;                           // AF_INET, AF_INET6
  std::optional<std::uint64_t> count = std::nullopt;  // connections
  std::optional<Duration> timeout = std::nullopt;
  int timeout_status = cli::exit_timeout;
  std::optional<int> ready_fd = std::nullopt;
  std::string port_file = {};
  cli::AllowedPeers allowed_peers = {};
  cli::ProgressWhen progress = cli::ProgressWhen::never;
  bool shows_statistics = false;
};

// Checked, as a whole. Throws UsageError, and Error for what an address says.
Settings parse_command_line(int argc, char** argv);

}  // namespace ipcutils::sockcat
