#include "send.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <ipcutils/error.hpp>
#include <span>

#include "../cli/command_line.hpp"
#include "../cli/exit_status.hpp"
#include "../cli/timeout.hpp"
#include "message_json.hpp"

namespace ipcutils::messages {

namespace {

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span{text}); }

class Sender {
 public:
  Sender(Destination& destination, const SendOptions& options)
      : m_destination{destination}, m_options{options} {}

  // Sends a message, which `name` tells messages by; false when there was no room in time, which is reported.
  template <typename Name>
  bool send(std::string_view data, const MessageProperties& properties, Name name) {
    return attempt(
        [&](const Deadline& deadline) {
          return m_destination.send({bytes_of(data), properties}, deadline);
        },
        name);
  }

  // The same with the first of several messages, and more of them if that needs no wait. Returns how many
  // were sent.
  template <typename Name>
  std::size_t send_some(std::span<const std::span<const std::byte>> messages, Name name) {
    return attempt([&](const Deadline& deadline) { return m_destination.send_some(messages, deadline); },
                   name);
  }

  std::size_t batch_size() const { return m_destination.batch_size(); }

  // Throws Error for a message that is too long. `size`: its bytes, or as many as have been read of them.
  enum class Size { exact, at_least };
  void require_fits(std::uint64_t size, Size kind, const std::string& name) const {
    try {
      m_destination.require_fits(size);
    } catch (const Error& error) {
      const auto failure = named(error, name);
      if (kind == Size::at_least) throw failure;
      throw Error{failure.code().value(), failure.attempt(),
                  fmt::format("it has {} bytes; {}", size, failure.hint())};
    }
  }

 private:
  // What `send` returns; when that is none, there was no room.
  auto attempt(auto send, auto name) {
    const auto sent = [&] {
      try {
        return send(cli::wait_deadline(m_options.timeout));
      } catch (const Error& error) {
        throw named(error, name());
      }
    }();
    if (!sent)
      cli::timed_out(m_options.tool,
                     fmt::format("no room for {} in {}", name(), m_destination.description()));
    return sent;
  }

  Error named(const Error& error, const std::string& name) const {
    return {error.code().value(), fmt::format("cannot send {} to {}", name, m_destination.description()),
            error.hint()};
  }

  Destination& m_destination;
  const SendOptions& m_options;
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

// With those that have been read already. None waits for others to be read.
bool send_records(Sender& sender, RecordReader& reader, const Record& first) {
  std::vector batch{bytes_of(first.data)};
  for (const auto record : reader.peek(sender.batch_size() - 1)) batch.push_back(bytes_of(record));
  const auto sent = sender.send_some(batch, [&] { return reader.description(); });
  for (std::size_t i = 1; i < sent; ++i) reader.next();
  return sent != 0;
}

bool send_json(Sender& sender, const RecordReader& reader, const Record& record) {
  const auto name = [&] { return reader.description(); };
  if (record.data.find_first_not_of(" \t\r") == record.data.npos) return true;
  const auto message = [&] {
    try {
      return message_from_json(record.data);
    } catch (const Error& error) {
      throw Error::invalid(fmt::format("cannot send {}", name()), error.reason());
    }
  }();
  return sender.send(message.data, message.properties, name);
}

// What was read ahead and not sent is given back to an input that can take it.
int send_input(Sender& sender, const SendOptions& options, std::size_t longest) {
  // The longest way to write a byte in JSON is \u0000.
  const auto limit = options.input == Input::json ? longest * 6 + 1024 : longest;
  RecordReader reader{STDIN_FILENO, options.framing, limit};
  try {
    while (const auto record = reader.next()) {
      if (record->size > limit)
        sender.require_fits(record->size,
                            record->is_size_known ? Sender::Size::exact : Sender::Size::at_least,
                            reader.description());
      const bool is_sent = options.input == Input::json ? send_json(sender, reader, *record)
                                                        : send_records(sender, reader, *record);
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

}  // namespace

void add_input_options(cli::CommandLine& command_line, SendOptions& options, std::string_view json_help) {
  const auto framing = [&](std::string_view names, std::string_view help, Framing chosen) -> auto& {
    return command_line.flag(names, help, [&options, chosen] { options.framing = chosen; });
  };
  framing("null,0", "records of standard input end in NUL", Framing::nul)
      .excludes("whole,raw,len32,json,MESSAGE");
  framing("whole", "all of standard input is one message", Framing::whole).excludes("len32,json,MESSAGE");
  framing("raw", "the same as --whole", Framing::whole).excludes("len32,json,MESSAGE");
  framing("len32", "records follow their length: 32 bits, big-endian", Framing::length_prefixed)
      .excludes("json,MESSAGE");
  command_line.flag("json,j", json_help, [&] { options.input = Input::json; }).excludes("MESSAGE");
  cli::add_timeout_options(command_line, "wait at most this long for room, for each message",
                           options.timeout);
}

void set_messages(SendOptions& options, const std::vector<std::string>& operands) {
  if (operands.size() <= 1) return;
  options.messages.assign(operands.begin() + 1, operands.end());
  options.input = Input::operands;
}

int send(Destination& destination, const SendOptions& options) {
  Sender sender{destination, options};
  return options.input == Input::operands ? send_operands(sender, options.messages)
                                          : send_input(sender, options, destination.max_message_size());
}

}  // namespace ipcutils::messages
