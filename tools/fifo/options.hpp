// What mkfifo-pipe is to do.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <ipcutils/deadline.hpp>
#include <ipcutils/transfer.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../cli/exit_status.hpp"
#include "../cli/progress_bar.hpp"

namespace ipcutils::fifo {

inline constexpr std::string_view tool = "mkfifo-pipe";

enum class Job { make, send, receive, duplex, run_private };
enum class OnFull { block, drop };

struct Options {
  Job job = Job::make;
  std::vector<std::string> paths;
  std::vector<std::string> command;

  // Which FIFO
  mode_t mode = 0600;
  bool is_exclusive = false;  // it must not exist
  bool is_existing = false;   // it must exist
  bool removes = false;       // at the end
  std::optional<std::uint64_t> capacity;
  std::optional<int> ready_fd;

  // How long
  std::optional<Duration> timeout;
  bool keeps_open = false;
  std::optional<std::uint64_t> count;  // of writers, or clients
  std::optional<Duration> idle;

  // What
  Pages pages = Pages::copied;
  bool in_records = false;
  char delimiter = '\n';
  OnFull on_full = OnFull::block;

  bool is_quiet = false;
  bool is_verbose = false;
  cli::ProgressWhen progress = cli::ProgressWhen::never;
};

// Each returns the exit status.
int send(const Options& options);
int receive(const Options& options);
int serve(const Options& options);
int run_with_private_fifo(const Options& options);

}  // namespace ipcutils::fifo
