// mqsend: sends messages to a queue. Manual page: mqsend(1).
#include <ipcutils/number.hpp>
#include <limits>

#include "cli/command_line.hpp"
#include "cli/entry.hpp"
#include "cli/guarded_main.hpp"
#include "mq/send.hpp"

using namespace ipcutils;

namespace {

mq::SendOptions parse(int argc, char** argv) {
  mq::SendOptions options;
  cli::CommandLine command_line{{
      .tool = options.tool,
      .synopses = {"[OPTION]... QUEUE [MESSAGE]..."},
      .summary = "Send each MESSAGE, or each line of standard input, to the message queue QUEUE.",
      .notes = "QUEUE is /NAME (POSIX), or KEY, @ID or ftok:PATH[:PROJ] (System V).",
      .operands = "QUEUE,MESSAGE",
  }};
  command_line.option(
      "priority,p", "N", "priority, the highest is received first (0; POSIX)", [&](auto text) {
        options.properties.priority =
            static_cast<unsigned>(parse_number(text, "priority", 0, MessageProperties::max_priority));
      });
  command_line.option("type,t", "N", "type (1; System V)", [&](auto text) {
    options.properties.type =
        static_cast<long>(parse_number(text, "type", 1, std::numeric_limits<long>::max()));
  });
  command_line.flag("lifo", "be the first that mqrecv --lifo receives (System V)", options.last_in_first_out)
      .excludes("type");
  messages::add_input_options(command_line, options,
                              "records are JSON, one object a line, as mqrecv --json prints them");
  mq::add_queue_options(command_line, options);

  auto operands = command_line.parse(argc, argv);
  cli::require_operands(operands, {"QUEUE"}, 1, operands.size());
  mq::set_queue(options, operands[0]);
  using Feature = MessageQueue::Feature;
  mq::require_supported(options, options.properties.priority.has_value(), Feature::priority, "--priority");
  mq::require_supported(options, options.properties.type.has_value(), Feature::type, "--type");
  mq::require_supported(options, options.last_in_first_out, Feature::type, "--lifo");
  messages::set_messages(options, operands);
  return options;
}

}  // namespace

IPCUTILS_ENTRY ipcutils_mqsend(ipcutils_environment* environment, int argc, char** argv) {
  return cli::guarded_main(environment, "mqsend", argc, argv, parse, mq::send);
}
