// mqrecv: takes messages from a queue. Manual page: mqrecv(1).
#include <ipcutils/number.hpp>
#include <limits>

#include "cli/command_line.hpp"
#include "cli/entry.hpp"
#include "cli/guarded_main.hpp"
#include "messages/receive_options.hpp"
#include "mq/failed_queue.hpp"
#include "mq/receive.hpp"

using namespace ipcutils;
using messages::OnFailure;
using Options = mq::ReceiveOptions;

namespace {

constexpr auto lowest_type = MessageSelector{.type = -std::numeric_limits<long>::max()};

long parse_type(std::string_view text) {
  const bool is_negative = text.starts_with('-');
  const auto value = static_cast<long>(
      parse_number(text.substr(is_negative ? 1 : 0), "type", 0, std::numeric_limits<long>::max()));
  return is_negative ? -value : value;
}

// Throws UsageError for what the API of the queue does not have.
void require_supported(const Options& options, bool has_type, bool lifo) {
  using Feature = MessageQueue::Feature;
  mq::require_supported(options, has_type, Feature::type, "--type");
  mq::require_supported(options, lifo, Feature::type, "--lifo");
  mq::require_supported(options, options.selector.except, Feature::type, "--except");
  mq::require_supported(options, options.peek, Feature::peek, "--peek");
  mq::require_supported(options, options.format.mentions_priority(), Feature::priority, "%p");
  mq::require_supported(options, options.format.mentions_type(), Feature::type, "%t");
}

Options parse(int argc, char** argv) {
  Options options;
  std::optional<OnFailure> on_failure;
  messages::FormatOptions format;
  bool lifo = false;
  bool has_type = false;
  cli::CommandLine command_line{{
      .tool = options.tool,
      .synopses = {"[OPTION]... QUEUE [-- COMMAND [ARG]...]"},
      .summary =
          "Take a message from the message queue QUEUE, and write it to standard output, or run COMMAND\n"
          "with it on standard input.",
      .notes = "QUEUE is /NAME (POSIX), or KEY, @ID or ftok:PATH[:PROJ] (System V).\n\n"
               "FORMAT may contain %m message, %p priority, %t type, %s size in bytes, %n number from 1, %%.",
  }};
  messages::add_amount_options(command_line, options, "go on until the queue is empty");
  command_line.option("type,t", "N", "type; 0: any, below 0: the lowest up to -N (System V)", [&](auto text) {
    options.selector.type = parse_type(text);
    has_type = true;
  });
  command_line.flag("except", "all types but that of --type (System V)", options.selector.except);
  command_line.flag("lifo", "the message that mqsend --lifo has sent last (System V)", lifo).excludes("type");
  command_line.flag("peek", "leave the messages in the queue (System V)", options.peek)
      .excludes("lifo,follow,COMMAND");
  messages::add_format_options(command_line, format);
  messages::add_retries_option(command_line, options);
  command_line
      .option("failed-to", "QUEUE2", "send a message for which COMMAND failed to QUEUE2",
              [&](auto text) { options.failed_to = mq::parse_queue(text); })
      .needs("COMMAND");
  messages::add_on_failure_option(command_line, "what to do then: stop or skip (stop; skip with --failed-to)",
                                  on_failure);
  messages::add_wait_options(command_line, options);
  mq::add_queue_options(command_line, options);

  const auto operands = command_line.parse(argc, argv);
  messages::require_one_operand(operands, "QUEUE");
  mq::set_queue(options, operands[0]);
  options.format = messages::format_of(format, options);
  options.on_failure = on_failure.value_or(options.failed_to ? OnFailure::skip : OnFailure::stop);
  require_supported(options, has_type, lifo);
  mq::require_same_api(options);
  if (options.selector.except && options.selector.type <= 0)
    throw cli::UsageError{"--except needs a --type above 0"};
  if (lifo) options.selector = lowest_type;
  return options;
}

}  // namespace

IPCUTILS_ENTRY ipcutils_mqrecv(ipcutils_environment* environment, int argc, char** argv) {
  return cli::guarded_main(environment, "mqrecv", argc, argv, parse, mq::receive,
                           cli::failure_status_with_command(argc, argv));
}
