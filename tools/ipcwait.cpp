// ipcwait: waits until something is true of an object. Manual page: ipcwait(1).
#include <fmt/format.h>

#include <ipcutils/condition.hpp>

#include "cli/command_line.hpp"
#include "cli/entry.hpp"
#include "cli/exit_status.hpp"
#include "cli/guarded_main.hpp"
#include "cli/timeout.hpp"

using namespace ipcutils;

namespace {

constexpr std::string_view tool = "ipcwait";

struct Options {
  Reference reference{Kind::shm, SysvPrivate{}};
  Condition condition{Condition::What::exists};
  std::string condition_text;
  std::optional<Duration> timeout;
  cli::TimeoutMessage timeout_message = cli::TimeoutMessage::printed;
};

Options parse(int argc, char** argv) {
  Options options;
  cli::CommandLine command_line{{
      .tool = tool,
      .synopses = {"[OPTION]... REF CONDITION"},
      .summary = "Wait until CONDITION is true of the object REF.",
      .notes = "CONDITION is exists or gone; empty or nonempty (message queues, FIFOs, mailboxes); zero or\n"
               "value:N, at least N (semaphores); unattached (shared memory, mailboxes); changed (shared\n"
               "memory); readers or writers (FIFOs, mailboxes).",
  }};
  cli::add_timeout_options(command_line, "wait at most this long", options.timeout);
  cli::add_quiet_option(command_line, options.timeout_message);
  const auto operands = command_line.parse(argc, argv);
  cli::require_operands(operands, {"REF", "CONDITION"}, 2, 2);
  options.reference = Reference::parse(operands[0]);
  options.condition = Condition::parse(operands[1]);
  options.condition_text = operands[1];
  require_possible(options.reference, options.condition);
  return options;
}

int run(const Options& options) {
  if (wait_for(options.reference, options.condition, cli::wait_deadline(options.timeout)))
    return cli::exit_success;
  return cli::timed_out(tool,
                        fmt::format("{} not '{}'", options.reference.description(), options.condition_text),
                        cli::exit_timeout, options.timeout_message);
}

}  // namespace

IPCUTILS_ENTRY ipcutils_ipcwait(ipcutils_environment* environment, int argc, char** argv) {
  return cli::guarded_main(environment, tool, argc, argv, parse, run);
}
