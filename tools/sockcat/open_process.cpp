// Programs.
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <ipcutils/command.hpp>
#include <ipcutils/datagram.hpp>
#include <ipcutils/fifo.hpp>
#include <ipcutils/pipe.hpp>
#include <ipcutils/terminal.hpp>

#include "lexer.hpp"
#include "opener.hpp"
#include "socket_settings.hpp"

namespace ipcutils::sockcat {

namespace {

constexpr auto keyword_of_command = "exec";

std::vector<std::string> arguments_of(const AddressSpec& spec) {
  const auto& text = spec.parameters.at(0);
  if (spec.keyword->id == Keyword::Id::exec) return split_command(text);
  const char* const shell = std::getenv("SHELL");
  const bool is_own = spec.keyword->id == Keyword::Id::shell && shell != nullptr && *shell != '\0';
  return {is_own ? shell : "/bin/sh", "-c", text};
}

Command command_of(const AddressSpec& spec, std::vector<std::string> arguments) {
  Command command{std::move(arguments)};
  if (spec.has(Option::login)) {
    const auto& name = command.name();
    command.set_name(fmt::format("-{}", name.substr(name.rfind('/') + 1)));
  }
  return command;
}

class ProcessOpener final : public Opener {
 public:
  ProcessOpener(const AddressSpec& spec, std::vector<std::string> arguments, Use use, const Context& context)
      : Opener{spec, context}, m_use{use}, m_command{command_of(spec, std::move(arguments))} {}

  std::optional<Channel> open(const Deadline&) override {
    if (spec().has(Option::nofork)) return Channel{};
    if (spec().has(Option::pty)) return open_by_terminal();
    if (spec().has(Option::pipes) || !m_use.reads || !m_use.writes) return open_by_pipes();
    return open_by_sockets();
  }

  // The other channel's descriptors become the program's own.
  void take_over(Channel& other) override {
    if (!spec().has(Option::nofork)) return;
    const auto input = static_cast<int>(spec().number(Option::fdin).value_or(STDIN_FILENO));
    const auto output = static_cast<int>(spec().number(Option::fdout).value_or(STDOUT_FILENO));
    const auto& source = other.side.source;
    const auto& sink = other.side.sink;
    if (m_use.writes && source) give(source->descriptor(), input);
    if (m_use.reads && sink) give(sink->descriptor(), output);
    if (spec().has(Option::child_stderr) && sink) give(sink->descriptor(), STDERR_FILENO);
    if (spec().has(Option::setsid)) begin_session();
    m_command.execute();
  }

 private:
  // Programs expect descriptors that block. One that was inherited stays as it is, for others who have it.
  static void give(const Descriptor& descriptor, int number) {
    if (descriptor.is_exclusive()) set_blocking(descriptor.get());
    duplicate_onto(descriptor.get(), number);
  }

  std::string name() const { return fmt::format("command '{}'", m_command.name()); }

  Channel open_by_sockets() {
    auto [ours, its] =
        make_socket_pair(static_cast<int>(spec().number(Option::socktype).value_or(SOCK_STREAM)));
    set_socket_options(ours.get(), spec(), Phase::before_bind, context());
    Channel channel;
    start(channel, {m_use.writes ? its.get() : STDIN_FILENO, m_use.reads ? its.get() : STDOUT_FILENO}, {});
    channel.side = socket_side(Descriptor::owned(std::move(ours)), name());
    return finished(std::move(channel));
  }

  Channel open_by_pipes() {
    auto to_it = make_pipe();
    auto from_it = make_pipe();
    if (const auto size = spec().number(Option::f_setpipe_sz))
      for (const int fd : {to_it.write_end.get(), from_it.read_end.get()})
        set_pipe_capacity(fd, *size, "a pipe");
    Channel channel;
    start(channel,
          {m_use.writes ? to_it.read_end.get() : STDIN_FILENO,
           m_use.reads ? from_it.write_end.get() : STDOUT_FILENO},
          {});
    channel.side = {byte_source(Descriptor::owned(std::move(from_it.read_end)), Medium::pipe, name()),
                    byte_sink(Descriptor::owned(std::move(to_it.write_end)), Medium::pipe, name()), name()};
    return finished(std::move(channel));
  }

  Channel open_by_terminal() {
    auto terminal = make_pseudoterminal();
    Channel channel;
    const int its = terminal.terminal.get();
    start(channel, {m_use.writes ? its : STDIN_FILENO, m_use.reads ? its : STDOUT_FILENO},
          {.is_own = spec().has(Option::setsid) || spec().has(Option::ctty),
           .terminal = spec().has(Option::ctty) ? terminal.path : ""});
    const auto control = Descriptor::owned(std::move(terminal.control));
    channel.side = {byte_source(control, Medium::terminal, name()),
                    byte_sink(control, Medium::terminal, name()), name()};
    channel.side.sink->set_end(Sink::End::nothing);
    return finished(std::move(channel));
  }

  // A program need neither read all that it gets, nor end when its client does.
  static Channel finished(Channel channel) {
    channel.side.sink->let_peer_leave();
    channel.side.source->let_peer_leave();
    return channel;
  }

  void start(Channel& channel, Command::Streams streams, Command::Session session) {
    streams.input_number = static_cast<int>(spec().number(Option::fdin).value_or(STDIN_FILENO));
    streams.output_number = static_cast<int>(spec().number(Option::fdout).value_or(STDOUT_FILENO));
    if (spec().has(Option::child_stderr)) streams.error = streams.output;
    session.is_own = session.is_own || spec().has(Option::setsid);
    auto child = m_command.start(streams, session);
    log().note("started {} as process {}", name(), child.pid());
    channel.processes.emplace_back(std::move(child), m_command.name());
  }

  Use m_use;
  Command m_command;
};

}  // namespace

std::unique_ptr<Opener> make_process_opener(const AddressSpec& spec, Use use, const Context& context) {
  return std::make_unique<ProcessOpener>(spec, arguments_of(spec), use, context);
}

std::unique_ptr<Opener> make_command_opener(const Context& context, Use use) {
  static const AddressSpec spec{&keyword(keyword_of_command), {}, {}};
  return std::make_unique<ProcessOpener>(spec, context.settings.command, use, context);
}

}  // namespace ipcutils::sockcat
