#include "receive_options.hpp"

#include <fmt/format.h>

#include <ipcutils/number.hpp>
#include <ipcutils/quote.hpp>
#include <utility>

#include "../cli/command_line.hpp"

namespace ipcutils::messages {

namespace {

OnFailure parse_on_failure(std::string_view text) {
  if (text == "stop") return OnFailure::stop;
  if (text == "skip") return OnFailure::skip;
  throw cli::UsageError{fmt::format("invalid action {}: there are stop and skip", quote(text))};
}

}  // namespace

void add_amount_options(cli::CommandLine& command_line, ReceiveOptions& options,
                        std::string_view drain_help) {
  command_line.option("count,n", "N", "take N messages (1)",
                      [&](auto text) { options.count = parse_number(text, "count", 1); });
  command_line.flag("follow,f", "go on until interrupted", options.follow);
  command_line.flag("drain", drain_help, options.drain).excludes("follow");
}

void add_format_options(cli::CommandLine& command_line, FormatOptions& options) {
  command_line.flag("null,0", "messages end in NUL instead of newline", [&] { options.terminator = '\0'; })
      .excludes("no-terminator,raw,len32,json,COMMAND");
  for (const auto& [name, help] : {std::pair{"no-terminator", "nothing follows a message"},
                                   std::pair{"raw", "the same as --no-terminator"}})
    command_line.flag(name, help, [&] { options.terminator.reset(); }).excludes("len32,json,COMMAND");
  command_line.flag("len32", "messages follow their length: 32 bits, big-endian", options.length_prefixed)
      .excludes("format,json,COMMAND");
  command_line
      .option("format,F", "FORMAT", "print FORMAT for each message",
              [&](auto text) { options.text = std::string{text}; })
      .excludes("json,COMMAND");
  command_line.flag("json,j", "print one JSON object a line", options.json).excludes("COMMAND");
}

MessageFormat format_of(const FormatOptions& options, const ReceiveOptions& receiving,
                        std::string_view letters) {
  const auto terminator = receiving.into ? std::nullopt : options.terminator;
  if (options.json) return MessageFormat::json(terminator);
  if (options.length_prefixed) return MessageFormat::length_prefixed();
  return options.text ? MessageFormat::parse(*options.text, terminator, letters)
                      : MessageFormat::terminated(terminator);
}

void add_retries_option(cli::CommandLine& command_line, ReceiveOptions& options) {
  command_line
      .option("retries", "N", "if COMMAND fails, run it up to N times again (0)",
              [&](auto text) { options.retries = parse_number(text, "number of retries"); })
      .needs("COMMAND");
}

void add_on_failure_option(cli::CommandLine& command_line, std::string_view help,
                           std::optional<OnFailure>& on_failure) {
  command_line.option("on-failure", "WHAT", help, [&](auto text) { on_failure = parse_on_failure(text); })
      .needs("COMMAND");
}

void add_wait_options(cli::CommandLine& command_line, ReceiveOptions& options) {
  cli::add_timeout_options(command_line, "wait at most this long for each message", options.timeout);
  cli::add_timeout_status_option(command_line, options.timeout_status);
  cli::add_quiet_option(command_line, options.timeout_message);
  command_line.command(options.command);
  cli::add_into_option(command_line, options.into, "follow,null,no-terminator,raw,len32,COMMAND");
}

void require_one_operand(const std::vector<std::string>& operands, std::string_view name) {
  cli::require_operands(operands, {name}, 1, operands.size());
  if (operands.size() > 1)
    throw cli::UsageError{fmt::format("unexpected operand {} (a COMMAND follows '--')", quote(operands[1]))};
}

}  // namespace ipcutils::messages
