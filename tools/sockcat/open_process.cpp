// Programs.
#include <fcntl.h>
#include <fmt/format.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <ipcutils/error.hpp>
#include <ipcutils/fifo.hpp>

#include "../cli/pair.hpp"
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

cli::Command command_of(const AddressSpec& spec, std::vector<std::string> arguments) {
  if (const auto path = spec.text(Option::path)) ::setenv("PATH", path->c_str(), 1);
  cli::Command command{std::move(arguments)};
  if (spec.has(Option::login)) {
    const auto& name = command.name();
    command.set_name(fmt::format("-{}", name.substr(name.rfind('/') + 1)));
  }
  return command;
}

struct Terminal {
  FileDescriptor ours;
  FileDescriptor its;
  std::string path;
};

Terminal make_terminal() {
  constexpr auto attempt = "cannot make a terminal";
  FileDescriptor ours{::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)};
  std::array<char, 64> path;
  if (!ours.is_open() || ::grantpt(ours.get()) != 0 || ::unlockpt(ours.get()) != 0 ||
      ::ptsname_r(ours.get(), path.data(), path.size()) != 0)
    throw Error{errno, attempt};
  FileDescriptor its{::open(path.data(), O_RDWR | O_NOCTTY | O_CLOEXEC)};
  if (!its.is_open()) throw Error{errno, attempt};
  return {std::move(ours), std::move(its), path.data()};
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
    const auto in = static_cast<int>(spec().number(Option::fdin).value_or(STDIN_FILENO));
    const auto out = static_cast<int>(spec().number(Option::fdout).value_or(STDOUT_FILENO));
    if (m_use.writes) become(other.side.in, in);
    if (m_use.reads) become(other.side.out, out);
    if (spec().has(Option::child_stderr)) become(other.side.out, STDERR_FILENO);
    if (spec().has(Option::setsid)) ::setsid();
    m_command.execute();
  }

 private:
  static void become(int fd, int number) {
    if (::dup2(fd, number) == -1) throw Error{errno, fmt::format("cannot copy descriptor {}", fd)};
    ::fcntl(number, F_SETFD, 0);
  }

  Channel open_by_sockets() {
    cli::SocketPair pair{static_cast<int>(spec().number(Option::socktype).value_or(SOCK_STREAM))};
    auto& [ours, its] = pair;
    set_socket_options(ours.get(), spec(), Phase::before_bind, context());
    Channel channel;
    start(channel, {m_use.writes ? its.get() : STDIN_FILENO, m_use.reads ? its.get() : STDOUT_FILENO}, {});
    if (socket_type(ours.get()) != SOCK_STREAM) channel.side.units = RelaySide::Units::packets;
    channel.side.in = channel.side.out = channel.own(std::move(ours));
    channel.side.exclusive = true;
    return channel;
  }

  Channel open_by_pipes() {
    cli::Pipe to_it;
    cli::Pipe from_it;
    if (const auto size = spec().number(Option::f_setpipe_sz))
      for (const int fd : {to_it.in.get(), from_it.out.get()}) set_pipe_capacity(fd, *size, "a pipe");
    Channel channel;
    start(channel,
          {m_use.writes ? to_it.out.get() : STDIN_FILENO, m_use.reads ? from_it.in.get() : STDOUT_FILENO},
          {});
    channel.side.in = channel.own(std::move(from_it.out));
    const auto out = std::make_shared<FileDescriptor>(std::move(to_it.in));
    channel.side.out = out->get();
    channel.side.end = RelaySide::End::close;
    channel.side.on_end = [out] { out->reset(); };
    return channel;
  }

  Channel open_by_terminal() {
    auto terminal = make_terminal();
    Channel channel;
    const int its = terminal.its.get();
    start(channel, {m_use.writes ? its : STDIN_FILENO, m_use.reads ? its : STDOUT_FILENO},
          {.has_own_session = spec().has(Option::setsid) || spec().has(Option::ctty),
           .terminal = spec().has(Option::ctty) ? terminal.path : ""});
    channel.side.in = channel.side.out = channel.own(std::move(terminal.ours));
    channel.side.end = RelaySide::End::nothing;
    return channel;
  }

  void start(Channel& channel, cli::Command::Streams streams, cli::Command::Surroundings surroundings) {
    streams.in_number = static_cast<int>(spec().number(Option::fdin).value_or(STDIN_FILENO));
    streams.out_number = static_cast<int>(spec().number(Option::fdout).value_or(STDOUT_FILENO));
    if (spec().has(Option::child_stderr)) streams.err = streams.out;
    surroundings.has_own_session = surroundings.has_own_session || spec().has(Option::setsid);
    channel.side.name = fmt::format("command '{}'", m_command.name());
    const auto pid = m_command.start(streams, surroundings);
    log().note("started {} as process {}", channel.side.name, pid);
    channel.process.emplace(Process{m_command, pid});
  }

  Use m_use;
  cli::Command m_command;
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
