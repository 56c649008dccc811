// mqsend: sends messages to a queue. Manual page: mqsend(1).
#include <ipcutils/number.hpp>
#include <limits>

#include "cli/command_line.hpp"
#include "cli/entry.hpp"
#include "cli/guarded_main.hpp"
#include "cli/timeout.hpp"
#include "mq/send.hpp"

using namespace ipcutils;
using mq::Framing;
using mq::Input;

namespace {

mq::SendOptions parse(int argc, char** argv) {
  mq::SendOptions options;
  cli::CommandLine command_line{{
      .tool = mq::sending_tool,
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
  const auto framing = [&](std::string_view names, std::string_view help, Framing chosen) -> auto& {
    return command_line.flag(names, help, [&options, chosen] { options.framing = chosen; });
  };
  framing("null,0", "records of standard input end in NUL", Framing::nul)
      .excludes("whole,raw,len32,json,MESSAGE");
  framing("whole", "all of standard input is one message", Framing::whole).excludes("len32,json,MESSAGE");
  framing("raw", "the same as --whole", Framing::whole).excludes("len32,json,MESSAGE");
  framing("len32", "records follow their length: 32 bits, big-endian", Framing::length_prefixed)
      .excludes("json,MESSAGE");
  command_line
      .flag("json,j", "records are JSON, one object a line, as mqrecv --json prints them",
            [&] { options.input = Input::json; })
      .excludes("MESSAGE");
  cli::add_timeout_options(command_line, "wait at most this long for room, for each message",
                           options.timeout);
  mq::add_queue_options(command_line, options);

  auto operands = command_line.parse(argc, argv);
  cli::require_operands(operands, {"QUEUE"}, 1, operands.size());
  mq::set_queue(options, operands[0]);
  using Feature = MessageQueue::Feature;
  mq::require_supported(options, options.properties.priority.has_value(), Feature::priority, "--priority");
  mq::require_supported(options, options.properties.type.has_value(), Feature::type, "--type");
  mq::require_supported(options, options.last_in_first_out, Feature::type, "--lifo");
  if (operands.size() > 1) {
    options.messages.assign(operands.begin() + 1, operands.end());
    options.input = Input::operands;
  }
  return options;
}

}  // namespace

IPCUTILS_ENTRY ipcutils_mqsend(int argc, char** argv) {
  return cli::guarded_main(mq::sending_tool, argc, argv, parse, mq::send);
}
