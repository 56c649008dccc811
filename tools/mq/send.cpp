#include "send.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <ipcutils/error.hpp>
#include <span>

#include "../cli/exit_status.hpp"
#include "../cli/timeout.hpp"
#include "message_json.hpp"

namespace ipcutils::mq {

namespace {

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span{text}); }

class Sender {
 public:
  explicit Sender(const SendOptions& options)
      : m_options{options}, m_queue{open_queue(options, MessageQueue::Use::send)} {}

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
    cli::timed_out(sending_tool, fmt::format("no room for {} in {}", name(), m_options.queue.description()));
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

  const SendOptions& m_options;
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

bool send_record(Sender& sender, const RecordReader& reader, const Record& record) {
  return sender.send(record.data, {}, [&] { return reader.description(); });
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
int send_input(Sender& sender, const SendOptions& options) {
  const auto longest = sender.queue().max_message_size();
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

}  // namespace

int send(const SendOptions& options) {
  Sender sender{options};
  return options.input == Input::operands ? send_operands(sender, options.messages)
                                          : send_input(sender, options);
}

}  // namespace ipcutils::mq
