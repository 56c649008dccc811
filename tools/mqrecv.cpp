// mqrecv: takes messages from a queue. Manual page: mqrecv(1).
#include <fmt/format.h>

#include <ipcutils/command.hpp>
#include <ipcutils/interruption.hpp>
#include <ipcutils/number.hpp>
#include <ipcutils/quote.hpp>
#include <ipcutils/signals.hpp>
#include <limits>
#include <utility>

#include "cli/command_line.hpp"
#include "cli/entry.hpp"
#include "cli/guarded_main.hpp"
#include "cli/timeout.hpp"
#include "mq/failed_queue.hpp"
#include "mq/receive.hpp"

using namespace ipcutils;
using mq::MessageFormat;
using mq::OnFailure;
using Options = mq::ReceiveOptions;

namespace {

// What the options say of the format of a message.
struct FormatOptions {
  std::optional<char> terminator = '\n';
  std::optional<std::string> text;
  bool length_prefixed = false;
  bool json = false;
};

MessageFormat format_of(const FormatOptions& options) {
  if (options.json) return MessageFormat::json();
  if (options.length_prefixed) return MessageFormat::length_prefixed();
  return options.text ? MessageFormat::parse(*options.text, options.terminator)
                      : MessageFormat::terminated(options.terminator);
}

constexpr auto lowest_type = MessageSelector{.type = -std::numeric_limits<long>::max()};

long parse_type(std::string_view text) {
  const bool is_negative = text.starts_with('-');
  const auto value = static_cast<long>(
      parse_number(text.substr(is_negative ? 1 : 0), "type", 0, std::numeric_limits<long>::max()));
  return is_negative ? -value : value;
}

OnFailure parse_on_failure(std::string_view text) {
  if (text == "stop") return OnFailure::stop;
  if (text == "skip") return OnFailure::skip;
  throw cli::UsageError{fmt::format("invalid action {}: there are stop and skip", quote(text))};
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
  FormatOptions format;
  bool lifo = false;
  bool has_type = false;
  cli::CommandLine command_line{{
      .tool = mq::receiving_tool,
      .synopses = {"[OPTION]... QUEUE [-- COMMAND [ARG]...]"},
      .summary =
          "Take a message from the message queue QUEUE, and write it to standard output, or run COMMAND\n"
          "with it on standard input.",
      .notes = "QUEUE is /NAME (POSIX), or KEY, @ID or ftok:PATH[:PROJ] (System V).\n\n"
               "FORMAT may contain %m message, %p priority, %t type, %s size in bytes, %n number from 1, %%.",
  }};
  command_line.option("count,n", "N", "take N messages (1)",
                      [&](auto text) { options.count = parse_number(text, "count", 1); });
  command_line.flag("follow,f", "go on until interrupted", options.follow);
  command_line.flag("drain", "go on until the queue is empty", options.drain).excludes("follow");
  command_line.option("type,t", "N", "type; 0: any, below 0: the lowest up to -N (System V)", [&](auto text) {
    options.selector.type = parse_type(text);
    has_type = true;
  });
  command_line.flag("except", "all types but that of --type (System V)", options.selector.except);
  command_line.flag("lifo", "the message that mqsend --lifo has sent last (System V)", lifo).excludes("type");
  command_line.flag("peek", "leave the messages in the queue (System V)", options.peek)
      .excludes("lifo,follow,COMMAND");
  command_line.flag("null,0", "messages end in NUL instead of newline", [&] { format.terminator = '\0'; })
      .excludes("no-terminator,raw,len32,json,COMMAND");
  for (const auto& [name, help] : {std::pair{"no-terminator", "nothing follows a message"},
                                   std::pair{"raw", "the same as --no-terminator"}})
    command_line.flag(name, help, [&] { format.terminator.reset(); }).excludes("len32,json,COMMAND");
  command_line.flag("len32", "messages follow their length: 32 bits, big-endian", format.length_prefixed)
      .excludes("format,json,COMMAND");
  command_line
      .option("format,F", "FORMAT", "print FORMAT for each message",
              [&](auto text) { format.text = std::string{text}; })
      .excludes("json,COMMAND");
  command_line.flag("json,j", "print one JSON object a line", format.json).excludes("COMMAND");
  command_line
      .option("retries", "N", "if COMMAND fails, run it up to N times again (0)",
              [&](auto text) { options.retries = parse_number(text, "number of retries"); })
      .needs("COMMAND");
  command_line
      .option("failed-to", "QUEUE2", "send a message for which COMMAND failed to QUEUE2",
              [&](auto text) { options.failed_to = mq::parse_queue(text); })
      .needs("COMMAND");
  command_line
      .option("on-failure", "WHAT", "what to do then: stop or skip (stop; skip with --failed-to)",
              [&](auto text) { on_failure = parse_on_failure(text); })
      .needs("COMMAND");
  cli::add_timeout_options(command_line, "wait at most this long for each message", options.timeout);
  cli::add_timeout_status_option(command_line, options.timeout_status);
  cli::add_quiet_option(command_line, options.timeout_message);
  command_line.command(options.command);
  mq::add_queue_options(command_line, options);

  const auto operands = command_line.parse(argc, argv);
  cli::require_operands(operands, {"QUEUE"}, 1, operands.size());
  if (operands.size() > 1)
    throw cli::UsageError{fmt::format("unexpected operand {} (a COMMAND follows '--')", quote(operands[1]))};
  mq::set_queue(options, operands[0]);
  options.format = format_of(format);
  options.on_failure = on_failure.value_or(options.failed_to ? OnFailure::skip : OnFailure::stop);
  require_supported(options, has_type, lifo);
  mq::require_same_api(options);
  if (options.selector.except && options.selector.type <= 0)
    throw cli::UsageError{"--except needs a --type above 0"};
  if (lifo) options.selector = lowest_type;
  return options;
}

int run(const Options& options) {
  // Found before anything is made or taken.
  std::optional<Command> command;
  if (!options.command.empty()) command.emplace(options.command);
  auto queue = mq::open_queue(options, MessageQueue::Use::receive);
  Interruption interruption{fatal_signals};
  return command ? mq::receive_to_command(queue, *command, options, interruption)
                 : mq::receive_to_output(queue, options, interruption);
}

}  // namespace

IPCUTILS_ENTRY ipcutils_mqrecv(int argc, char** argv) {
  return cli::guarded_main(mq::receiving_tool, argc, argv, parse, run,
                           cli::failure_status_with_command(argc, argv));
}
