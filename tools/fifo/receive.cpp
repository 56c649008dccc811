// mkfifo-pipe --receive: from a FIFO to standard output.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <ipcutils/interruption.hpp>
#include <ipcutils/poll.hpp>
#include <ipcutils/transfer.hpp>
#include <limits>

#include "../cli/fatal_signal.hpp"
#include "../cli/ready.hpp"
#include "../cli/timeout.hpp"
#include "session.hpp"

namespace ipcutils::fifo {

namespace {

// Why there is no more to receive. Otherwise the last writer has gone.
enum class Ending { none, silence, no_writer, signal, output_gone };

class Receiver {
 public:
  Receiver(const Options& options, const Session& session, const Interruption& interruption)
      : m_options{options}, m_session{session}, m_interruption{interruption} {
    m_session.set_capacity(m_reader.get());
  }

  // Data, until all writers have gone, as often as the options say.
  Ending receive();

 private:
  bool wait_for_input();
  bool wait_for_output();
  bool poll_input(const Deadline& deadline);
  bool end(Ending reason) {
    m_ending = reason;
    return false;
  }

  const Options& m_options;
  const Session& m_session;
  const Interruption& m_interruption;
  FileDescriptor m_reader = m_session.fifo().open_reader();
  bool m_has_seen_writer = false;
  Ending m_ending = Ending::none;
};

Ending Receiver::receive() {
  constexpr auto always = std::numeric_limits<std::uint64_t>::max();
  cli::ProgressBar bar{m_options.progress, std::nullopt};
  const auto draw = bar.callback();
  const TransferOptions how{
      .progress =
          [&](std::uint64_t moved) {
            m_has_seen_writer = true;
            draw(moved);
            if (m_interruption.has_come()) throw cli::Signalled{m_interruption.signal()};
          },
      .widen_pipes = !m_options.capacity,
      .wait = [this](int, short events) { return events == POLLIN ? wait_for_input() : wait_for_output(); },
  };
  for (auto left = m_options.count.value_or(m_options.keeps_open ? always : 1); left > 0; --left) {
    if (!wait_for_input()) break;
    transfer({m_reader.get(), m_session.name()}, {STDOUT_FILENO, "standard output"}, how);
    if (m_ending != Ending::none) break;
    // A new end has not seen the writers that have gone, and does not tell of them again. The old one stays
    // until then, so that no writer finds nobody.
    m_reader = m_session.fifo().open_reader();
    m_has_seen_writer = false;
  }
  return m_ending;
}

// Only a writer that has written shows up by itself. Whether one is silent is asked when time is up.
bool Receiver::wait_for_input() {
  const auto silence = m_options.idle.value_or(unlimited);
  if (!m_has_seen_writer && m_options.timeout && *m_options.timeout < silence) {
    if (poll_input(Deadline::after(*m_options.timeout))) return true;
    if (m_ending != Ending::none) return false;
    if (!has_writer(m_reader.get())) return end(Ending::no_writer);
    m_has_seen_writer = true;
  }
  return poll_input(Deadline::after(silence)) || (m_ending == Ending::none && end(Ending::silence));
}

// A pipe whose reader has gone is broken (POLLERR), a socket or terminal hung up.
bool is_gone(const pollfd& output) { return (output.revents & (POLLERR | POLLHUP)) != 0; }

bool Receiver::poll_input(const Deadline& deadline) {
  std::array<pollfd, 2> entries{{{m_reader.get(), POLLIN, 0}, {STDOUT_FILENO, 0, 0}}};
  const bool is_ready = poll_until(entries, deadline.interrupted_by(m_interruption));
  if (m_interruption.has_come()) return end(Ending::signal);
  if (is_gone(entries[1])) return end(Ending::output_gone);
  return is_ready;
}

bool Receiver::wait_for_output() {
  pollfd entry{STDOUT_FILENO, POLLOUT, 0};
  if (!poll_until({&entry, 1}, Deadline::never().interrupted_by(m_interruption))) return end(Ending::signal);
  return !is_gone(entry) || end(Ending::output_gone);
}

}  // namespace

int receive(const Options& options) {
  const cli::BrokenPipeIsError broken_pipe_is_error;
  const Interruption interruption{cli::fatal_signals};
  const Session session{options, options.paths.at(0)};
  Receiver receiver{options, session, interruption};
  cli::tell_ready(options.ready_fd);
  switch (receiver.receive()) {
    case Ending::signal:
      throw cli::Signalled{interruption.signal()};
    case Ending::output_gone:
      throw cli::Signalled{SIGPIPE};
    case Ending::no_writer:
      return cli::timed_out(tool, fmt::format("{} had no writer", session.name()));
    case Ending::none:
    case Ending::silence:
      break;
  }
  return cli::exit_success;
}

}  // namespace ipcutils::fifo
