// mkfifo-pipe --duplex: a command that answers over two FIFOs, client after client.
#include <fmt/format.h>

#include <array>
#include <climits>
#include <ipcutils/child.hpp>
#include <ipcutils/command.hpp>
#include <ipcutils/pipe.hpp>
#include <ipcutils/pump.hpp>
#include <ipcutils/signals.hpp>
#include <limits>
#include <optional>
#include <utility>

#include "../cli/diagnostic.hpp"
#include "../cli/ready.hpp"
#include "../cli/signalled.hpp"
#include "feeder.hpp"
#include "writer.hpp"

namespace ipcutils::fifo {

namespace {

// Two FIFOs have no connections: nothing in a pipe tells whose a byte is. Each client therefore gets FIFOs of
// its own. As soon as it has come, both names lead to new ones, where the next client waits for its turn.
class Server {
 public:
  Server(const Options& options, Interruption& interruption)
      : m_options{options},
        m_command{options.command},
        m_interruption{interruption},
        m_request{options, options.paths.at(0)},
        m_reply{options, options.paths.at(1)} {}

  // Returns the exit status: 125 if a client was given up, else that of the last COMMAND that failed.
  int serve();

 private:
  FileDescriptor open_request() const;
  bool wait_for_client(const FileDescriptor& request) const;
  void serve_client(FileDescriptor request);
  // Each is false when the client is given up, and true when a signal comes, which is for COMMAND as well.
  bool answer(Feeder& feeder, FileDescriptor output);
  bool await_end_of_request(Feeder& feeder);
  bool give_up(std::string_view why) {
    cli::write_diagnostic(fmt::format("{}: {}\n", tool, why));
    m_has_given_up = true;
    return false;
  }
  bool open_reply(Writer& reply, Feeder& feeder, const FileDescriptor& output) const;
  Duration patience() const { return m_options.timeout.value_or(unlimited); }
  Deadline deadline() const { return Deadline::after(patience()).interrupted_by(m_interruption); }

  const Options& m_options;
  Command m_command;
  Interruption& m_interruption;
  StrangerReaper m_reaper;
  UsedFifo m_request;
  UsedFifo m_reply;
  bool m_has_given_up = false;  // any client
  int m_status = cli::exit_success;
};

int Server::serve() {
  m_request.fifo().require_replaceable();
  m_reply.fifo().require_replaceable();
  auto request = open_request();
  cli::tell_ready(m_options.ready_fd);
  constexpr auto always = std::numeric_limits<std::uint64_t>::max();
  for (auto left = m_options.count.value_or(always); left > 0 && wait_for_client(request); --left) {
    m_request.replace();
    // After the last client nobody would read what the next one sends.
    auto next = left > 1 ? open_request() : FileDescriptor{};
    serve_client(std::exchange(request, std::move(next)));
  }
  return m_has_given_up ? cli::exit_own_failure : m_status;
}

FileDescriptor Server::open_request() const {
  auto request = m_request.fifo().open_reader();
  m_request.set_capacity(request.get());
  return request;
}

// A client is one who has written, or has come and gone.
bool Server::wait_for_client(const FileDescriptor& request) const {
  const auto until = Deadline::after(m_options.idle.value_or(unlimited));
  for (;;) {
    const auto request_watch = m_request.fifo().watch();
    const auto reply_watch = m_reply.fifo().watch();
    m_request.fifo().require_reachable();
    m_reply.fifo().require_reachable();
    std::array<pollfd, 3> entries{{{request.get(), POLLIN, 0},
                                   {request_watch.descriptor(), POLLIN, 0},
                                   {reply_watch.descriptor(), POLLIN, 0}}};
    const auto next_look = request_watch.until_next_look(reply_watch.until_next_look(until));
    wait_for_events(entries, next_look.interrupted_by(m_interruption));
    cli::require_no_signal(m_interruption);
    if (entries[0].revents != 0) return true;
    if (until.has_passed()) return false;
  }
}

void Server::serve_client(FileDescriptor request) {
  auto input = make_pipe();
  std::optional<Feeder> feeder{std::in_place, std::move(request), input};
  auto output = make_pipe();
  auto process = m_command.start({.input = input.read_end.get(), .output = output.write_end.get()});
  input.read_end.reset();
  output.write_end.reset();
  const bool is_served = answer(*feeder, std::move(output.read_end)) && await_end_of_request(*feeder);
  // COMMAND would wait for the end of the request as long as the client keeps that open.
  if (!is_served) feeder.reset();
  const Command::Patience limits{.before_term = patience(), .before_kill = patience()};
  const auto outcome = is_served ? Command::finish(process, m_interruption)
                                 : Command::finish_within(process, m_interruption, limits);
  if (outcome.passed_on != 0) throw cli::Signalled{outcome.passed_on};
  cli::require_no_signal(m_interruption);
  if (outcome.status != cli::exit_success) m_status = outcome.status;
}

// Carries COMMAND's output to the client, and does not end before the client has read it. A COMMAND that goes
// on writing then finds nobody.
bool Server::answer(Feeder& feeder, FileDescriptor output) {
  Writer reply{m_options, m_reply, m_interruption};
  const bool is_read = open_reply(reply, feeder, output);
  if (m_interruption.has_come()) return true;
  const auto old = m_reply.replace();
  if (!is_read) {
    old.open_writer(Deadline::immediate());  // lets go a client that opens REPLY at this very moment
    return give_up(fmt::format("no client has read {} within the time allowed", m_reply.name()));
  }
  const auto source =
      byte_source(Descriptor::owned(std::move(output)), Medium::pipe, "the output of COMMAND");
  Pump pump{source.get(), reply.sink(), {.may_widen_pipes = !m_options.capacity, .sink_timeout = patience()}};
  const auto stop = pump.run(Deadline::never().interrupted_by(m_interruption));
  if (stop == Pump::Stop::ended && reply.drain()) return true;
  if (m_interruption.has_come()) return true;
  const bool has_left = stop == Pump::Stop::sink_gone || reply.reason() == Stop::reader_left;
  return give_up(fmt::format("a client has not read all of {}{}", m_reply.name(),
                             has_left ? ": it has gone" : " within the time allowed"));
}

// The time allowed begins anew when the request goes on, and while COMMAND holds it up. Not when COMMAND is
// held up itself, by a reply that it cannot write.
bool Server::open_reply(Writer& reply, Feeder& feeder, const FileDescriptor& output) const {
  const auto is_held_up = [&] { return feeder.has_backlog() && unread_bytes(output.get()) < PIPE_BUF; };
  for (auto until = deadline(); !reply.open(until.within(FileWatch::look_interval));) {
    if (feeder.has_moved() || is_held_up()) until = deadline();
    if (until.has_passed()) return false;
  }
  return true;
}

// The reply has ended, so a COMMAND that holds up the request does not wait for the client.
bool Server::await_end_of_request(Feeder& feeder) {
  for (auto until = deadline(); !feeder.wait(until.within(FileWatch::look_interval));) {
    if (m_interruption.has_come()) return true;
    if (feeder.has_moved() || feeder.has_backlog()) until = deadline();
    if (until.has_passed())
      return give_up(fmt::format("a client kept {} open for longer than the time allowed", m_request.name()));
  }
  return true;
}

}  // namespace

int serve(const Options& options) {
  const SignalIsError broken_pipe_is_error{SIGPIPE};
  Interruption interruption{fatal_signals};
  return Server{options, interruption}.serve();
}

}  // namespace ipcutils::fifo
