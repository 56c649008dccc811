// mkfifo-pipe --receive: from a FIFO to standard output.
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <ipcutils/pump.hpp>
#include <ipcutils/signals.hpp>
#include <limits>

#include "../cli/ready.hpp"
#include "../cli/signalled.hpp"
#include "../cli/timeout.hpp"
#include "used_fifo.hpp"

namespace ipcutils::fifo {

namespace {

class Receiver {
 public:
  Receiver(const Options& options, const UsedFifo& fifo, const Interruption& interruption)
      : m_options{options},
        m_fifo{fifo},
        m_interruption{interruption},
        m_sink{byte_sink(Descriptor::borrowed(STDOUT_FILENO), medium_of(STDOUT_FILENO), "standard output")} {
    m_fifo.set_capacity(m_reader.get());
    m_sink->set_end(Sink::End::nothing);
  }

  // Copies until the writers have left as often as the options say, or are silent for too long. Returns the
  // exit status.
  int receive();

 private:
  enum class Arrival { data, silence, no_writer };

  Arrival wait_for_writer(const Duration& patience);
  bool has_had_writer() const;
  Pump::Stop copy();

  const Options& m_options;
  const UsedFifo& m_fifo;
  const Interruption& m_interruption;
  std::unique_ptr<Sink> m_sink;
  FileDescriptor m_reader = m_fifo.fifo().open_reader();
  cli::ProgressBar m_bar{m_options.progress, std::nullopt};
};

int Receiver::receive() {
  constexpr auto always = std::numeric_limits<std::uint64_t>::max();
  const auto idle = m_options.idle.value_or(unlimited);
  for (auto left = m_options.count.value_or(m_options.keeps_open ? always : 1); left > 0; --left) {
    auto arrival = wait_for_writer(std::min(m_options.timeout.value_or(unlimited), idle));
    // Only a writer that has written shows up by itself.
    if (arrival == Arrival::no_writer && has_writer(m_reader.get())) arrival = wait_for_writer(idle);
    if (arrival == Arrival::silence) break;
    if (arrival == Arrival::no_writer)
      return cli::timed_out(tool, fmt::format("{} had no writer", m_fifo.name()));
    if (copy() == Pump::Stop::timed_out) break;
    // A new end has not seen the writers that have gone, and does not tell of them again. The old one stays
    // until then, so that no writer finds nobody.
    m_reader = m_fifo.fifo().open_reader();
  }
  return cli::exit_success;
}

// A pipe whose reader has gone is broken (POLLERR), a socket or terminal hung up.
bool is_gone(const pollfd& output) { return (output.revents & (POLLERR | POLLHUP)) != 0; }

Receiver::Arrival Receiver::wait_for_writer(const Duration& patience) {
  const auto deadline = Deadline::after(patience);
  for (;;) {
    const auto watch = m_fifo.fifo().watch();
    // Asked in this order: mkfifo-pipe --duplex opens its end before it gives the name to another FIFO.
    if (m_fifo.fifo().loss() && !has_had_writer()) m_fifo.fifo().require_reachable();
    std::array<pollfd, 3> entries{
        {{m_reader.get(), POLLIN, 0}, {STDOUT_FILENO, 0, 0}, {watch.descriptor(), POLLIN, 0}}};
    wait_for_events(entries, watch.until_next_look(deadline.interrupted_by(m_interruption)));
    cli::require_no_signal(m_interruption);
    if (is_gone(entries[1])) throw cli::Signalled{SIGPIPE};
    if (entries[0].revents != 0) return Arrival::data;
    if (deadline.has_passed())
      return patience == m_options.idle.value_or(unlimited) ? Arrival::silence : Arrival::no_writer;
  }
}

// Also when it has gone again: poll(2) tells of its end.
bool Receiver::has_had_writer() const {
  return has_writer(m_reader.get()) ||
         wait_for_event(m_reader.get(), POLLIN, Deadline::immediate()) == Waited::ready;
}

Pump::Stop Receiver::copy() {
  const auto source = byte_source(Descriptor::borrowed(m_reader.get()), Medium::pipe, m_fifo.name());
  Pump pump{source.get(),
            m_sink.get(),
            {.may_widen_pipes = !m_options.capacity,
             .gone_timeout = Duration::zero(),
             .source_timeout = m_options.idle.value_or(unlimited)}};
  const auto stop = pump.run(Deadline::never().interrupted_by(m_interruption), m_bar.callback());
  cli::require_no_signal(m_interruption);
  if (stop == Pump::Stop::sink_gone) throw cli::Signalled{SIGPIPE};
  return stop;
}

}  // namespace

int receive(const Options& options) {
  const SignalIsError broken_pipe_is_error{SIGPIPE};
  const Interruption interruption{fatal_signals};
  const UsedFifo fifo{options, options.paths.at(0)};
  Receiver receiver{options, fifo, interruption};
  cli::tell_ready(options.ready_fd);
  return receiver.receive();
}

}  // namespace ipcutils::fifo
