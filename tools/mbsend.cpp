// mbsend: sends messages to a mailbox. Manual page: mbsend(1).
#include <ipcutils/number.hpp>

#include "cli/command_line.hpp"
#include "cli/entry.hpp"
#include "cli/guarded_main.hpp"
#include "mb/send.hpp"

using namespace ipcutils;

namespace {

mb::SendOptions parse(int argc, char** argv) {
  mb::SendOptions options;
  cli::CommandLine command_line{{
      .tool = options.tool,
      .synopses = {"[OPTION]... MAILBOX [MESSAGE]..."},
      .summary =
          "Send each MESSAGE, or each line of standard input, to every receiver of the mailbox MAILBOX.",
      .notes = "MAILBOX is /NAME.",
      .operands = "MAILBOX,MESSAGE",
  }};
  messages::add_input_options(command_line, options,
                              "records are JSON, one object a line, as mbrecv --json prints them");
  command_line.option("min-receivers", "N", "wait for N receivers before the first message", [&](auto text) {
    options.min_receivers =
        static_cast<unsigned>(parse_number(text, "number of receivers", 1, Mailbox::max_participants));
  });
  command_line.flag("strict", "exit 1 if a message was dropped", options.strict);
  command_line.flag("verbose,v", "say at the end how many messages were sent and dropped", options.verbose);
  mb::add_mailbox_options(command_line, options);

  const auto operands = command_line.parse(argc, argv);
  cli::require_operands(operands, {"MAILBOX"}, 1, operands.size());
  options.mailbox = Reference::parse(operands[0], Kind::mb);
  messages::set_messages(options, operands);
  return options;
}

}  // namespace

IPCUTILS_ENTRY ipcutils_mbsend(ipcutils_environment* environment, int argc, char** argv) {
  return cli::guarded_main(environment, "mbsend", argc, argv, parse, mb::send);
}
