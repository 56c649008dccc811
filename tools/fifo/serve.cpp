// mkfifo-pipe --duplex: a command that answers over two FIFOs, client after client.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <ipcutils/poll.hpp>
#include <ipcutils/transfer.hpp>
#include <utility>

#include "../cli/command.hpp"
#include "../cli/diagnostic.hpp"
#include "../cli/fatal_signal.hpp"
#include "../cli/pair.hpp"
#include "../cli/ready.hpp"
#include "writer.hpp"

namespace ipcutils::fifo {

namespace {

using cli::Pipe;

// A process that carries a request to COMMAND, to its end and no further: what comes then is the next
// client's. What COMMAND does not want it throws away. COMMAND itself could not be trusted with the FIFO: it
// may end before the end of the request.
class Feeder {
 public:
  // Takes an end for reading of the FIFO, and leaves `pipe` with the end that COMMAND reads.
  Feeder(const Endpoint& request, Pipe& pipe) : m_process{::fork()} {
    if (m_process == -1) throw Error{errno, "cannot make a process"};
    if (m_process == 0) feed(request, pipe);
    pipe.in.reset();
  }
  Feeder(const Feeder&) = delete;
  Feeder& operator=(const Feeder&) = delete;
  ~Feeder() {
    ::kill(m_process, SIGKILL);
    while (::waitpid(m_process, nullptr, 0) == -1 && errno == EINTR) continue;
  }

  // Blocks until the request has ended. False when `deadline` has passed before.
  bool wait(const Deadline& deadline) const {
    const FileDescriptor process{static_cast<int>(::syscall(SYS_pidfd_open, m_process, 0))};
    return poll_until(process.get(), POLLIN, deadline);
  }

 private:
  [[noreturn]] static void feed(const Endpoint& request, Pipe& pipe) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    pipe.out.reset();  // COMMAND's
    try {
      carry(request, {pipe.in.get(), "COMMAND"});
      pipe.in.reset();
      const FileDescriptor nowhere{::open("/dev/null", O_WRONLY | O_CLOEXEC)};
      carry(request, {nowhere.get(), "/dev/null"});
    } catch (...) {
      ::_exit(cli::exit_failure);
    }
    ::_exit(cli::exit_success);
  }

  static void carry(const Endpoint& from, const Endpoint& to) {
    try {
      transfer(from, to);
    } catch (const Error& error) {
      if (error.code() != std::errc::broken_pipe) throw;
    }
  }

  pid_t m_process;
};

class Server {
 public:
  Server(const Options& options, Interruption& interruption)
      : m_options{options},
        m_command{options.command},
        m_interruption{interruption},
        m_request{options, options.paths.at(0)},
        m_reply{options, options.paths.at(1)} {
    m_request.set_capacity(m_keeper.get());
  }

  // Returns the exit status: of the last COMMAND that failed.
  int serve();

 private:
  bool wait_for_client(const FileDescriptor& request) const;
  FileDescriptor serve_client(FileDescriptor request);
  void answer(Writer& reply, const FileDescriptor& output);
  FileDescriptor end_reply(Writer& reply, const Feeder& feeder) const;
  void wait_for_end_of_request(const Feeder& feeder);
  void discard_reply() const;
  void complain(std::string_view what) {
    cli::write_diagnostic(fmt::format("{}: {}\n", tool, what));
    m_has_given_up = true;
  }

  const Options& m_options;
  cli::Command m_command;
  Interruption& m_interruption;
  Session m_request;
  Session m_reply;
  FileDescriptor m_keeper = m_request.fifo().open_reader();  // so that clients always find a reader
  bool m_has_given_up = false;                               // the client that is being served
  int m_status = cli::exit_success;
};

int Server::serve() {
  auto request = m_request.fifo().open_reader();
  for (std::uint64_t clients = 0; !m_options.count || clients < *m_options.count; ++clients) {
    if (!wait_for_client(request)) break;
    request = serve_client(std::move(request));
  }
  return m_status;
}

// A client is one who has written, or has come and gone.
bool Server::wait_for_client(const FileDescriptor& request) const {
  const auto deadline = Deadline::after(m_options.idle.value_or(unlimited));
  const bool has_come = poll_until(request.get(), POLLIN, deadline.interrupted_by(m_interruption));
  if (m_interruption.has_come()) throw cli::Signalled{m_interruption.signal()};
  return has_come;
}

// Returns the end that shows the next client.
FileDescriptor Server::serve_client(FileDescriptor request) {
  m_has_given_up = false;
  Pipe input;
  const Feeder feeder{{request.get(), m_request.name()}, input};
  request.reset();
  Pipe output;
  const pid_t process = m_command.start({.in = input.out.get(), .out = output.in.get()});
  input.out.reset();
  output.in.reset();
  Writer reply{m_options, m_reply, m_interruption};
  answer(reply, output.out);
  output.out.reset();  // a COMMAND that goes on writing to nobody dies of it
  auto next = end_reply(reply, feeder);
  const auto outcome = m_command.finish(process, m_interruption);
  if (outcome.passed_on != 0) throw cli::Signalled{outcome.passed_on};
  if (!next.is_open()) {
    wait_for_end_of_request(feeder);
    next = m_request.fifo().open_reader();
  }
  if (m_has_given_up)
    m_status = cli::exit_own_failure;
  else if (outcome.status != cli::exit_success)
    m_status = outcome.status;
  return next;
}

// Carries COMMAND's output to the client, and does not end before the client has read it.
void Server::answer(Writer& reply, const FileDescriptor& output) {
  if (!reply.open()) {
    if (!m_interruption.has_come())
      complain(fmt::format("no client has read {} within the time allowed", m_reply.name()));
    return;
  }
  const auto wait = [&](int fd, short events) {
    return events == POLLOUT ? reply.wait()
                             : poll_until(fd, POLLIN, Deadline::never().interrupted_by(m_interruption));
  };
  transfer({output.get(), "the output of COMMAND"}, {reply.descriptor(), m_reply.name()},
           {.widen_pipes = !m_options.capacity, .wait = wait});
  if (m_interruption.has_come()) return;
  if (reply.reason() == Stop::none && reply.drain()) return;
  if (m_interruption.has_come()) return;
  complain(fmt::format("a client has not read all of {}", m_reply.name()));
  discard_reply();
}

// What a client leaves unread stays in the FIFO as long as it has that open, and would be the next client's.
void Server::discard_reply() const {
  const auto reader = m_reply.fifo().open_reader();
  std::array<char, 16 * 1024> buffer;
  while (::read(reader.get(), buffer.data(), buffer.size()) > 0) continue;
}

// The end of the reply lets the next client come, who may go at once. So before, the end of the request must
// be known, and the end open that shows the next client; that is returned. None when this one has REQUEST
// open until the reply ends: its going would look like another.
FileDescriptor Server::end_reply(Writer& reply, const Feeder& feeder) const {
  constexpr auto moment = std::chrono::milliseconds{1};
  const auto is_kept_open = [&] { return unread_bytes(m_keeper.get()) == 0 && has_writer(m_keeper.get()); };
  FileDescriptor next;
  while (!next.is_open() && !m_interruption.has_come() && !is_kept_open())
    if (feeder.wait(Deadline::after(moment))) next = m_request.fifo().open_reader();
  reply.close();
  return next;
}

void Server::wait_for_end_of_request(const Feeder& feeder) {
  const auto patience = Deadline::after(m_options.timeout.value_or(unlimited));
  if (feeder.wait(patience.interrupted_by(m_interruption))) return;
  if (m_interruption.has_come()) throw cli::Signalled{m_interruption.signal()};
  complain(fmt::format("a client kept {} open for longer than the time allowed", m_request.name()));
}

}  // namespace

int serve(const Options& options) {
  const cli::BrokenPipeIsError broken_pipe_is_error;
  Interruption interruption{cli::fatal_signals};
  Server server{options, interruption};
  cli::tell_ready(options.ready_fd);
  return server.serve();
}

}  // namespace ipcutils::fifo
