// mqsend: sends messages to a queue. Manual page: mqsend(1).
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <ipcutils/number.hpp>
#include <limits>

#include "cli/command_line.hpp"
#include "cli/entry.hpp"
#include "cli/exit_status.hpp"
#include "cli/guarded_main.hpp"
#include "cli/timeout.hpp"
#include "mq/message_json.hpp"
#include "mq/queue_options.hpp"
#include "mq/record_reader.hpp"

using namespace ipcutils;

namespace {

constexpr std::string_view tool = "mqsend";

enum class Input { operands, records, json };

struct Options : mq::QueueOptions {
  std::vector<std::string> messages;
  Input input = Input::records;
  mq::Framing framing = mq::Framing::lines;
  MessageProperties properties;
  bool last_in_first_out = false;
  std::optional<Duration> timeout;
};

Options parse(int argc, char** argv) {
  Options options;
  std::vector<std::string_view> framings;
  const auto framing = [&](std::string_view name, mq::Framing chosen) {
    return [&options, &framings, name, chosen] {
      if (std::ranges::find(framings, name) == framings.end()) framings.push_back(name);
      options.framing = chosen;
    };
  };
  cli::CommandLine command_line{{
      .tool = tool,
      .synopses = {"[OPTION]... QUEUE [MESSAGE]..."},
      .summary = "Send each MESSAGE, or each line of standard input, to the message queue QUEUE.",
      .notes = "QUEUE is /NAME (POSIX), or KEY, @ID or ftok:PATH[:PROJ] (System V).",
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
  command_line.flag("lifo", "be the first that mqrecv --lifo receives (System V)", options.last_in_first_out);
  command_line.flag("null,0", "records of standard input end in NUL", framing("--null", mq::Framing::nul));
  command_line.flag("whole", "all of standard input is one message", framing("--whole", mq::Framing::whole));
  command_line.flag("raw", "the same as --whole", framing("--whole", mq::Framing::whole));
  command_line.flag("len32", "records follow their length: 32 bits, big-endian",
                    framing("--len32", mq::Framing::length_prefixed));
  command_line.flag("json,j", "records are JSON, one object a line, as mqrecv --json prints them", [&] {
    framing("--json", mq::Framing::lines)();
    options.input = Input::json;
  });
  cli::add_timeout_options(command_line, "wait so long for room, for each message", options.timeout);
  mq::add_queue_options(command_line, options);

  auto operands = command_line.parse(argc, argv);
  cli::require_operands(operands, {"QUEUE"}, 1, operands.size());
  mq::set_queue(options, operands[0]);
  using Feature = MessageQueue::Feature;
  mq::require_supported(options, options.properties.priority.has_value(), Feature::priority, "--priority");
  mq::require_supported(options, options.properties.type.has_value(), Feature::type, "--type");
  mq::require_supported(options, options.last_in_first_out, Feature::type, "--lifo");
  if (options.last_in_first_out && options.properties.type)
    throw cli::UsageError{"--lifo and --type contradict each other"};
  if (framings.size() > 1)
    throw cli::UsageError{fmt::format("{} and {} contradict each other", framings[0], framings[1])};
  if (operands.size() > 1) {
    if (!framings.empty())
      throw cli::UsageError{
          fmt::format("{} is for standard input, and there are messages as operands", framings[0])};
    options.messages.assign(operands.begin() + 1, operands.end());
    options.input = Input::operands;
  }
  return options;
}

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span{text}); }

class Sender {
 public:
  explicit Sender(const Options& options)
      : m_options{options}, m_queue{mq::open_queue(options, MessageQueue::Use::send)} {}

  MessageQueue& queue() { return m_queue; }

  // Sends a message, which `name` tells messages by; false when there was no room in time, which is reported.
  template <typename Name>
  bool send(std::string_view data, const MessageProperties& properties, Name name) {
    try {
      if (m_queue.send({bytes_of(data), completed(properties)}, cli::wait_deadline(m_options.timeout)))
        return true;
    } catch (const Error& error) {
      throw named(error, name());
    }
    cli::timed_out(tool, fmt::format("no room for {} in {}", name(), m_options.queue.description()));
    return false;
  }

  // Throws Error for a message that is too long. `size`: its bytes, or as many as have been read of them.
  enum class Size { exact, at_least };
  void require_fits(std::uint64_t size, Size kind, const std::string& name) const {
    try {
      m_queue.require_fits(size);
    } catch (const Error& error) {
      const auto failure = named(error, name);
      if (kind == Size::at_least) throw failure;
      throw Error{failure.code().value(), failure.attempt(),
                  fmt::format("it has {} bytes; {}", size, failure.hint())};
    }
  }

 private:
  Error named(const Error& error, const std::string& name) const {
    return {error.code().value(), fmt::format("cannot send {} to {}", name, m_options.queue.description()),
            error.hint()};
  }

  // What a message does not say itself the options say.
  MessageProperties completed(MessageProperties properties) const {
    if (!properties.priority) properties.priority = m_options.properties.priority;
    if (!properties.type) properties.type = m_options.properties.type;
    if (m_options.last_in_first_out) properties.type = falling_message_type();
    return properties;
  }

  const Options& m_options;
  MessageQueue m_queue;
};

// All are measured before the first is sent.
int send_operands(Sender& sender, const std::vector<std::string>& messages) {
  const auto name = [](std::size_t i) { return fmt::format("message {}", i + 1); };
  for (std::size_t i = 0; i < messages.size(); ++i)
    sender.require_fits(messages[i].size(), Sender::Size::exact, name(i));
  for (std::size_t i = 0; i < messages.size(); ++i)
    if (!sender.send(messages[i], {}, [&] { return name(i); })) return cli::exit_timeout;
  return cli::exit_success;
}

bool send_record(Sender& sender, const mq::RecordReader& reader, const mq::Record& record) {
  return sender.send(record.data, {}, [&] { return reader.description(); });
}

bool send_json(Sender& sender, const mq::RecordReader& reader, const mq::Record& record) {
  const auto name = [&] { return reader.description(); };
  if (record.data.find_first_not_of(" \t\r") == record.data.npos) return true;
  const auto message = [&] {
    try {
      return mq::message_from_json(record.data);
    } catch (const Error& error) {
      throw Error::invalid(fmt::format("cannot send {}", name()), error.reason());
    }
  }();
  return sender.send(message.data, message.properties, name);
}

// What was read ahead and not sent is given back to an input that can take it.
int send_input(Sender& sender, const Options& options) {
  const auto longest = sender.queue().max_message_size();
  // The longest way to write a byte in JSON is \u0000.
  const auto limit = options.input == Input::json ? longest * 6 + 1024 : longest;
  mq::RecordReader reader{STDIN_FILENO, options.framing, limit};
  try {
    while (const auto record = reader.next()) {
      if (record->size > limit)
        sender.require_fits(record->size,
                            record->is_size_known ? Sender::Size::exact : Sender::Size::at_least,
                            reader.description());
      const bool is_sent = options.input == Input::json ? send_json(sender, reader, *record)
                                                        : send_record(sender, reader, *record);
      if (is_sent) continue;
      reader.give_back();
      return cli::exit_timeout;
    }
  } catch (...) {
    reader.give_back();
    throw;
  }
  return cli::exit_success;
}

int run(const Options& options) {
  Sender sender{options};
  if (options.input == Input::operands) return send_operands(sender, options.messages);
  return send_input(sender, options);
}

}  // namespace

IPCUTILS_ENTRY ipcutils_mqsend(int argc, char** argv) {
  return cli::guarded_main(tool, argc, argv, parse, run);
}
