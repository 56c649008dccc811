// sigsend: queues signals, and waits for processes to end. Manual page: sigsend(1).
#include <fmt/format.h>

#include <ipcutils/number.hpp>
#include <ipcutils/quote.hpp>
#include <ipcutils/signal_name.hpp>
#include <limits>

#include "cli/command_line.hpp"
#include "cli/entry.hpp"
#include "cli/guarded_main.hpp"
#include "cli/output.hpp"
#include "signal/send.hpp"

using namespace ipcutils;

namespace {

constexpr std::string_view tool = "sigsend";

struct Options : signals::SendOptions {
  bool print_references = false;
};

// 0 only checks, as for kill(1).
int parse_signal_or_none(std::string_view text) { return text == "0" ? 0 : parse_signal(text); }

int parse_value(std::string_view text) {
  const bool is_negative = text.starts_with('-');
  constexpr auto largest = static_cast<std::uint64_t>(std::numeric_limits<int>::max());
  const auto number = static_cast<std::int64_t>(
      parse_number(text.substr(is_negative ? 1 : 0), "value", 0, largest + (is_negative ? 1 : 0)));
  return static_cast<int>(is_negative ? -number : number);
}

signals::Step parse_step(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == text.npos)
    throw cli::UsageError{
        fmt::format("invalid step {}: it is DURATION:SIGNAL, such as 5s:KILL", quote(text))};
  return {parse_duration(text.substr(0, colon)), parse_signal(text.substr(colon + 1))};
}

Options parse(int argc, char** argv) {
  Options options;
  options.tool = tool;
  cli::CommandLine command_line{{
      .tool = tool,
      .synopses = {"[OPTION]... PID[:STARTTIME]..."},
      .summary = "Queue a signal for each process PID.",
      .notes = "SIGNAL is a name or a number as 'kill -l' lists them: TERM, SIGTERM, 15, RTMIN+3.\n"
               "STEP is DURATION:SIGNAL: after DURATION, send SIGNAL, as in 5s:KILL.",
  }};
  command_line.option("signal,s", "SIGNAL", "send SIGNAL (TERM); 0 only checks that it could be sent",
                      [&](auto text) { options.signal = parse_signal_or_none(text); });
  command_line.option("value", "N", "send the number N with it (0)",
                      [&](auto text) { options.value = parse_value(text); });
  command_line.option("then", "STEP", "send another signal to those that have not ended; can be repeated",
                      [&](auto text) { options.steps.push_back(parse_step(text)); });
  command_line.flag("wait", "wait until they have ended, and print how", options.wait);
  cli::add_timeout_options(command_line, "wait at most this long for room in a queue, and for the last end",
                           options.timeout);
  command_line
      .flag("print-ref", "send nothing: print PID:STARTTIME, which no later process has",
            options.print_references)
      .excludes("signal,value,then,wait,timeout,nonblock");
  const auto operands = command_line.parse(argc, argv);
  cli::require_operands(operands, {"PID"}, 1, operands.size());
  if (options.value && options.signal == 0)
    throw cli::UsageError{"--value needs a signal that can carry it, and signal 0 is none"};
  for (const auto& operand : operands) options.processes.push_back(ProcessReference::parse(operand));
  return options;
}

int run(const Options& options) {
  if (!options.print_references) return signals::send(options);
  return cli::for_each(tool, options.processes, [](const ProcessReference& reference) {
    cli::print("{}\n", ProcessHandle::open(reference).reference().text());
  });
}

}  // namespace

IPCUTILS_ENTRY ipcutils_sigsend(ipcutils_environment* environment, int argc, char** argv) {
  return cli::guarded_main(environment, tool, argc, argv, parse, run);
}
