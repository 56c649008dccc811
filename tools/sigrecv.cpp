// sigrecv: receives signals with their values and senders. Manual page: sigrecv(1).
#include <fmt/format.h>

#include <algorithm>
#include <ipcutils/number.hpp>
#include <ipcutils/quote.hpp>
#include <ipcutils/signal_name.hpp>

#include "cli/command_line.hpp"
#include "cli/entry.hpp"
#include "cli/guarded_main.hpp"
#include "cli/ready.hpp"
#include "signal/receive.hpp"

using namespace ipcutils;

namespace {

constexpr std::string_view tool = "sigrecv";

// Those that mean nothing by themselves.
std::vector<int> free_signals() {
  auto signals = all_signals();
  std::erase_if(signals,
                [](int signal) { return signal != SIGUSR1 && signal != SIGUSR2 && !is_real_time(signal); });
  return signals;
}

void require_receivable(const signals::ReceiveOptions& options) {
  for (const int signal : options.signals) {
    if (signal == SIGKILL || signal == SIGSTOP)
      throw cli::UsageError{
          fmt::format("{} cannot be received: the kernel acts on it by itself", signal_name(signal))};
    if (signal == SIGCHLD && !options.command.empty())
      throw cli::UsageError{"CHLD cannot be received with COMMAND, whose own end would send it"};
  }
}

signals::ReceiveOptions parse(int argc, char** argv) {
  signals::ReceiveOptions options;
  options.tool = tool;
  options.signals = free_signals();
  cli::CommandLine command_line{{
      .tool = tool,
      .synopses = {"[OPTION]... [-- COMMAND [ARG]...]"},
      .summary =
          "Wait for a signal, and print its name, number, value, sender's process and user, and code,\n"
          "or run COMMAND with these in its environment.",
      .notes = "SIGNALS are names or numbers as 'kill -l' lists them, with commas between: TERM,RTMIN+3.\n\n"
               "FORMAT may contain %s name, %S number, %v value, %p process, %u user, %c code, %%.",
  }};
  command_line.option("signal,s", "SIGNALS", "receive these (USR1, USR2 and RTMIN to RTMAX)",
                      [&](auto text) { options.signals = parse_signals(text); });
  command_line.option("count,n", "N", "receive N signals (1)",
                      [&](auto text) { options.count = parse_number(text, "count", 1); });
  command_line.flag("follow,f", "go on until interrupted", options.follow);
  command_line
      .option("format,F", "FORMAT", "print FORMAT for each signal",
              [&](auto text) { options.format = signals::SignalFormat::parse(text); })
      .excludes("json,COMMAND");
  command_line
      .flag("json,j", "print one JSON object a line", [&] { options.format = signals::SignalFormat::json(); })
      .excludes("COMMAND");
  command_line.option("pidfile", "FILE", "write the number of this process to FILE, and remove it at the end",
                      [&](auto text) {
                        if (text.empty()) throw cli::UsageError{"invalid FILE '' of --pidfile: it is empty"};
                        options.pid_file = text;
                      });
  cli::add_ready_option(command_line, options.ready_fd);
  cli::add_timeout_options(command_line, "wait at most this long for each signal", options.timeout);
  cli::add_timeout_status_option(command_line, options.timeout_status);
  cli::add_quiet_option(command_line, options.timeout_message);
  command_line.command(options.command);

  const auto operands = command_line.parse(argc, argv);
  if (!operands.empty())
    throw cli::UsageError{fmt::format("unexpected operand {} (a COMMAND follows '--')", quote(operands[0]))};
  require_receivable(options);
  return options;
}

}  // namespace

IPCUTILS_ENTRY ipcutils_sigrecv(ipcutils_environment* environment, int argc, char** argv) {
  return cli::guarded_main(environment, tool, argc, argv, parse, signals::receive,
                           cli::failure_status_with_command(argc, argv));
}
