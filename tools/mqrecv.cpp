// mqrecv: takes messages from a queue. Manual page: mqrecv(1).
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <ipcutils/file_descriptor.hpp>
#include <ipcutils/interruption.hpp>
#include <ipcutils/number.hpp>
#include <ipcutils/quote.hpp>
#include <ipcutils/transfer.hpp>
#include <limits>

#include "cli/command.hpp"
#include "cli/command_line.hpp"
#include "cli/entry.hpp"
#include "cli/fatal_signal.hpp"
#include "cli/guarded_main.hpp"
#include "cli/timeout.hpp"
#include "mq/batch.hpp"
#include "mq/message_format.hpp"
#include "mq/put_back.hpp"
#include "mq/queue_options.hpp"

using namespace ipcutils;

namespace {

constexpr std::string_view tool = "mqrecv";
constexpr auto lowest_type = MessageSelector{.type = -std::numeric_limits<long>::max()};

enum class OnFailure { stop, skip };

struct Options : mq::QueueOptions {
  std::optional<std::uint64_t> count;
  bool follow = false;
  bool drain = false;
  MessageSelector selector;
  bool peek = false;
  mq::MessageFormat format = mq::MessageFormat::terminated('\n');
  std::vector<std::string> command;
  OnFailure on_failure = OnFailure::stop;
  std::optional<Duration> timeout;
  int timeout_status = cli::exit_timeout;

  std::uint64_t wanted() const {
    return count.value_or(follow || drain ? std::numeric_limits<std::uint64_t>::max() : 1);
  }
};

// What the options say of the format, before it is known whether they agree.
struct FormatOptions {
  bool null = false;
  bool no_terminator = false;
  bool length_prefixed = false;
  bool json = false;
  std::optional<std::string> text;

  bool is_any() const { return null || no_terminator || length_prefixed || json || text; }
};

mq::MessageFormat format_of(const FormatOptions& options) {
  const auto forbid = [](bool both, std::string_view what) {
    if (both) throw cli::UsageError{fmt::format("{} contradict each other", what)};
  };
  const bool has_end = options.null || options.no_terminator;
  forbid(options.null && options.no_terminator, "--null and --no-terminator");
  forbid(options.json && options.length_prefixed, "--json and --len32");
  forbid(options.json && options.text, "--json and --format");
  forbid(options.length_prefixed && options.text, "--len32 and --format");
  forbid(options.json && has_end, "--json, which prints lines, and another end of records");
  forbid(options.length_prefixed && has_end, "--len32 and an end of records");
  if (options.json) return mq::MessageFormat::json();
  if (options.length_prefixed) return mq::MessageFormat::length_prefixed();
  std::optional<char> terminator = options.null ? '\0' : '\n';
  if (options.no_terminator) terminator.reset();
  return options.text ? mq::MessageFormat::parse(*options.text, terminator)
                      : mq::MessageFormat::terminated(terminator);
}

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

void require_consistent(const Options& options, const FormatOptions& format, bool lifo, bool has_type) {
  using Feature = MessageQueue::Feature;
  mq::require_supported(options, has_type, Feature::type, "--type");
  mq::require_supported(options, lifo, Feature::type, "--lifo");
  mq::require_supported(options, options.selector.except, Feature::type, "--except");
  mq::require_supported(options, options.peek, Feature::peek, "--peek");
  mq::require_supported(options, options.format.mentions_priority(), Feature::priority, "%p");
  mq::require_supported(options, options.format.mentions_type(), Feature::type, "%t");
  const auto forbid = [](bool both, std::string_view reason) {
    if (both) throw cli::UsageError{std::string{reason}};
  };
  const bool has_command = !options.command.empty();
  forbid(options.follow && options.drain, "--follow and --drain contradict each other");
  forbid(lifo && has_type, "--lifo and --type contradict each other");
  forbid(options.selector.except && options.selector.type <= 0, "--except goes with a --type above 0");
  forbid(options.peek && lifo, "--peek and --lifo contradict each other");
  forbid(options.peek && options.follow, "--peek and --follow contradict each other");
  forbid(options.peek && has_command, "--peek and COMMAND contradict each other");
  forbid(has_command && format.is_any(),
         "a format is for standard output, and COMMAND gets the message as it is");
  forbid(!has_command && options.on_failure != OnFailure::stop, "--on-failure goes with COMMAND");
}

Options parse(int argc, char** argv) {
  Options options;
  FormatOptions format;
  bool lifo = false;
  bool has_type = false;
  cli::CommandLine command_line{{
      .tool = tool,
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
  command_line.flag("drain", "go on until the queue is empty", options.drain);
  command_line.option("type,t", "N", "type; 0: any, below 0: the lowest up to -N (System V)", [&](auto text) {
    options.selector.type = parse_type(text);
    has_type = true;
  });
  command_line.flag("except", "all types but that of --type (System V)", options.selector.except);
  command_line.flag("lifo", "the message that mqsend --lifo has sent last (System V)", lifo);
  command_line.flag("peek", "leave the messages in the queue (System V)", options.peek);
  command_line.flag("null,0", "messages end in NUL instead of newline", format.null);
  command_line.flag("no-terminator", "nothing follows a message", format.no_terminator);
  command_line.flag("raw", "the same as --no-terminator", format.no_terminator);
  command_line.flag("len32", "messages follow their length: 32 bits, big-endian", format.length_prefixed);
  command_line.option("format,F", "FORMAT", "print FORMAT for each message",
                      [&](auto text) { format.text = std::string{text}; });
  command_line.flag("json,j", "print one JSON object a line", format.json);
  command_line.option("on-failure", "WHAT", "when COMMAND fails: stop, or skip and go on (stop)",
                      [&](auto text) { options.on_failure = parse_on_failure(text); });
  cli::add_timeout_options(command_line, "wait so long for each message", options.timeout);
  cli::add_timeout_status_option(command_line, options.timeout_status);
  command_line.command(options.command);
  mq::add_queue_options(command_line, options);

  const auto operands = command_line.parse(argc, argv);
  cli::require_operands(operands, {"QUEUE"}, 1, operands.size());
  if (operands.size() > 1)
    throw cli::UsageError{fmt::format("unexpected operand {} (a COMMAND follows '--')", quote(operands[1]))};
  mq::set_queue(options, operands[0]);
  options.format = format_of(format);
  require_consistent(options, format, lifo, has_type);
  if (lifo) options.selector = lowest_type;
  return options;
}

// Takes messages one after the other, or copies them.
class Source {
 public:
  Source(MessageQueue& queue, const Options& options, const Interruption& interruption)
      : m_queue{queue}, m_options{options}, m_interruption{interruption} {}

  // A message that is there; nothing when there is none.
  std::optional<Message> try_next() { return next(Deadline::immediate()); }

  // The same, and when there is none and the options say so, one that comes in time.
  std::optional<Message> next() {
    return m_options.drain ? try_next() : next(cli::wait_deadline(m_options.timeout));
  }

  bool is_done() const { return m_count == m_options.wanted() || m_interruption.has_come(); }
  std::uint64_t count() const { return m_count; }

  // Whether what was wanted has not come: the exit status says so.
  bool is_short() const { return !m_options.drain && m_count < m_options.wanted(); }

 private:
  std::optional<Message> next(Deadline deadline) {
    deadline = deadline.interrupted_by(m_interruption);
    auto message = m_options.peek ? peek(deadline) : m_queue.receive(m_options.selector, deadline);
    if (message) ++m_count;
    return message;
  }

  std::optional<Message> peek(const Deadline& deadline) {
    for (;;) {
      auto message = m_queue.peek(m_index, deadline);
      if (!message) return std::nullopt;
      ++m_index;
      if (m_options.selector.matches(message->properties.type.value_or(1))) return message;
    }
  }

  MessageQueue& m_queue;
  const Options& m_options;
  const Interruption& m_interruption;
  std::uint64_t m_count = 0;
  std::uint64_t m_index = 0;  // of the next one to look at
};

// Gathers messages while there are any, and writes before it waits. Whatever ends it, what was taken and not
// written remains in the batch.
void write_messages(Source& source, mq::Batch& batch, const Interruption& interruption) {
  while (!source.is_done()) {
    if (batch.is_empty()) mq::require_reader();
    auto message = [&] {
      try {
        return batch.is_empty() ? source.next() : source.try_next();
      } catch (const Error&) {
        batch.write(interruption);  // a queue that has gone takes nothing back
        throw;
      }
    }();
    if (message) batch.add(*message, source.count());
    if (!message && batch.is_empty()) return;
    if (!message || batch.is_full()) batch.write(interruption);
  }
  batch.write(interruption);
}

int end_of(const Source& source, const Options& options) {
  if (!source.is_short()) return cli::exit_success;
  return cli::timed_out(tool, fmt::format("no message in {}", options.queue.description()),
                        options.timeout_status);
}

// Puts back what could not be delivered. False when something is not in the queue.
bool put_back(MessageQueue& queue, const std::vector<mq::OwnedMessage>& messages, const Options& options,
              Interruption& interruption) {
  return mq::put_back(queue, messages, {tool, options.queue.description(), options.timeout, interruption});
}

// Ends by the first signal that came, if any did.
void end_by_signal(int earlier, const Interruption& interruption) {
  if (earlier != 0) throw cli::Signalled{earlier};
  if (interruption.has_come()) throw cli::Signalled{interruption.signal()};
}

int receive_to_output(MessageQueue& queue, const Options& options, Interruption& interruption) {
  const cli::BrokenPipeIsError broken_pipe;
  Source source{queue, options, interruption};
  mq::Batch batch{options.format};
  const auto put_back_batch = [&] {
    return options.peek || put_back(queue, batch.take_undelivered(), options, interruption);
  };
  try {
    write_messages(source, batch, interruption);
  } catch (const Error& error) {
    // A reader that has gone is no message's loss as long as they are all in the queue.
    if (!put_back_batch() && error.code() == std::errc::broken_pipe) return cli::exit_failure;
    throw;
  }
  const int signal = interruption.signal();
  const bool is_safe = put_back_batch();
  end_by_signal(signal, interruption);
  return is_safe ? end_of(source, options) : cli::exit_failure;
}

// A file without a name that holds the message, from its beginning.
FileDescriptor file_with(const Message& message) {
  FileDescriptor file{::memfd_create("message", MFD_CLOEXEC)};
  if (!file.is_open()) throw Error{errno, "cannot make a file for the message"};
  transfer(message.data, Endpoint{file.get(), "the file for the message"});
  ::lseek(file.get(), 0, SEEK_SET);
  return file;
}

// What the API of the queue does not have is not there, whatever the environment of mqrecv holds.
void describe_in_environment(const Message& message) {
  const auto set = [](const char* name, auto value) {
    if (value)
      ::setenv(name, std::to_string(*value).c_str(), 1);
    else
      ::unsetenv(name);
  };
  set("IPC_PRIORITY", message.properties.priority);
  set("IPC_TYPE", message.properties.type);
  set("IPC_SIZE", std::optional{message.data.size()});
}

// What running COMMAND on messages has come to.
struct Work {
  std::vector<mq::OwnedMessage> failed;
  int status = cli::exit_success;  // COMMAND's, of the last one that failed
  int signal = 0;                  // that came meanwhile
};

void run_on_messages(Source& source, cli::Command& command, const Options& options,
                     Interruption& interruption, Work& work) {
  while (!source.is_done()) {
    const auto message = source.next();
    if (!message) return;
    work.failed.push_back(mq::OwnedMessage::of(*message));  // until it has succeeded
    if (interruption.has_come()) return;
    describe_in_environment(*message);
    const auto file = file_with(*message);
    const auto outcome = command.run(file.get(), interruption);
    work.signal = outcome.passed_on;
    if (outcome.status == cli::exit_success)
      work.failed.pop_back();
    else
      work.status = outcome.status;
    if (work.signal != 0) return;
    if (outcome.status != cli::exit_success && options.on_failure == OnFailure::stop) return;
  }
}

int receive_to_command(MessageQueue& queue, cli::Command& command, const Options& options,
                       Interruption& interruption) {
  Source source{queue, options, interruption};
  Work work;
  try {
    run_on_messages(source, command, options, interruption, work);
  } catch (...) {
    put_back(queue, work.failed, options, interruption);
    throw;
  }
  const int signal = work.signal != 0 ? work.signal : interruption.signal();
  const bool is_safe = put_back(queue, work.failed, options, interruption);
  end_by_signal(signal, interruption);
  if (!is_safe) return cli::exit_failure;
  return work.status != cli::exit_success ? work.status : end_of(source, options);
}

int run(const Options& options) {
  // Found before anything is made or taken.
  std::optional<cli::Command> command;
  if (!options.command.empty()) command.emplace(options.command);
  auto queue = mq::open_queue(options, MessageQueue::Use::receive);
  Interruption interruption{cli::fatal_signals};
  return command ? receive_to_command(queue, *command, options, interruption)
                 : receive_to_output(queue, options, interruption);
}

}  // namespace

IPCUTILS_ENTRY ipcutils_mqrecv(int argc, char** argv) {
  return cli::guarded_main(tool, argc, argv, parse, run, cli::failure_status_with_command(argc, argv));
}
