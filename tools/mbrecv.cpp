// mbrecv: receives messages from a mailbox. Manual page: mbrecv(1).
#include <fmt/format.h>

#include <ipcutils/quote.hpp>

#include "cli/command_line.hpp"
#include "cli/entry.hpp"
#include "cli/guarded_main.hpp"
#include "cli/ready.hpp"
#include "mb/receive.hpp"
#include "messages/receive_options.hpp"

using namespace ipcutils;

namespace {

StartAt parse_start(std::string_view text) {
  if (text == "now") return StartAt::now;
  if (text == "oldest") return StartAt::oldest;
  if (text == "last") return StartAt::last;
  throw cli::UsageError{fmt::format("invalid start {}: there are now, oldest and last", quote(text))};
}

mb::ReceiveOptions parse(int argc, char** argv) {
  mb::ReceiveOptions options;
  std::optional<messages::OnFailure> on_failure;
  std::optional<StartAt> start;
  messages::FormatOptions format;
  cli::CommandLine command_line{{
      .tool = options.tool,
      .synopses = {"[OPTION]... MAILBOX [-- COMMAND [ARG]...]"},
      .summary =
          "Join the mailbox MAILBOX, and write a message that is sent to it to standard output, or run\n"
          "COMMAND with it on standard input.",
      .notes = "MAILBOX is /NAME.\n\n"
               "FORMAT may contain %m message, %s size in bytes, %n number from 1, %%.",
  }};
  messages::add_amount_options(command_line, options, "go on until no message is left");
  command_line.option("from", "WHICH", "begin with: now, oldest or last (now; oldest with --drain)",
                      [&](auto text) { start = parse_start(text); });
  cli::add_ready_option(command_line, options.ready_fd);
  command_line.flag("strict", "exit 1 if messages were lost", options.strict);
  messages::add_format_options(command_line, format);
  messages::add_retries_option(command_line, options);
  messages::add_on_failure_option(command_line, "what to do when it failed: stop or skip (stop)", on_failure);
  messages::add_wait_options(command_line, options);
  mb::add_mailbox_options(command_line, options);

  const auto operands = command_line.parse(argc, argv);
  messages::require_one_operand(operands, "MAILBOX");
  options.mailbox = Reference::parse(operands[0], Kind::mb);
  options.start = start.value_or(options.drain ? StartAt::oldest : StartAt::now);
  options.format = messages::format_of(format, options, "msn");
  options.on_failure = on_failure.value_or(messages::OnFailure::stop);
  return options;
}

}  // namespace

IPCUTILS_ENTRY ipcutils_mbrecv(ipcutils_environment* environment, int argc, char** argv) {
  return cli::guarded_main(environment, "mbrecv", argc, argv, parse, mb::receive,
                           cli::failure_status_with_command(argc, argv));
}
