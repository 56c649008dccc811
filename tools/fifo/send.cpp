// mkfifo-pipe --send: from standard input into a FIFO.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <ipcutils/error.hpp>
#include <ipcutils/pump.hpp>
#include <ipcutils/signals.hpp>
#include <utility>

#include "../cli/diagnostic.hpp"
#include "../cli/input.hpp"
#include "../cli/ready.hpp"
#include "../cli/signalled.hpp"
#include "pack_reader.hpp"
#include "writer.hpp"

namespace ipcutils::fifo {

namespace {

class Sender {
 public:
  Sender(const Options& options, const UsedFifo& fifo, const Interruption& interruption)
      : m_options{options},
        m_interruption{interruption},
        m_writer{options, fifo, interruption},
        m_name{fifo.name()} {}

  int send() {
    if (m_options.on_full == OnFull::drop) return send_or_drop();
    if (!m_writer.open()) return m_writer.report_stop();
    const int status = m_options.in_records ? send_records() : send_bytes();
    const bool has_sent = m_writer.reason() == Stop::none && !m_interruption.has_come();
    return has_sent && m_writer.drain() ? status : m_writer.report_stop(m_unsent);
  }

 private:
  int send_bytes();
  int send_records();
  int send_or_drop();
  bool write_pack(const Pack& pack);
  bool write_pack_at_once(const Pack& pack);
  bool wait_for_input() const {
    return wait_for_event(STDIN_FILENO, POLLIN, Deadline::never().interrupted_by(m_interruption)) ==
           Waited::ready;
  }
  PackReader packs() const {
    return {STDIN_FILENO, m_options.delimiter, PIPE_BUF, [this] { return wait_for_input(); }};
  }
  void refuse_record(const PackReader& reader) const;
  void report_drops(std::uint64_t records) const;

  const Options& m_options;
  const Interruption& m_interruption;
  Writer m_writer;
  std::string m_name;
  std::optional<std::uint64_t> m_unsent =
      0;  // bytes of the input that never reached the FIFO; nothing: unknown
};

// Nothing where the length of the input is not known.
std::optional<std::uint64_t> unsent_of(const cli::Input& input, std::uint64_t sent) {
  if (!input.length) return std::nullopt;
  return *input.length - std::min(*input.length, sent);
}

int Sender::send_bytes() {
  const auto input = cli::open_input(std::nullopt);
  cli::ProgressBar bar{m_options.progress, input.length};
  const auto source =
      byte_source(Descriptor::borrowed(input.endpoint.fd), medium_of(input.endpoint.fd), input.endpoint.name);
  Pump pump{source.get(),
            m_writer.sink(),
            {.pages = m_options.pages,
             .may_widen_pipes = !m_options.capacity,
             .sink_timeout = m_options.timeout.value_or(unlimited)}};
  for (;;) {
    const auto stop = pump.run(Deadline::never().interrupted_by(m_interruption), bar.callback());
    if (stop == Pump::Stop::timed_out) m_writer.stall();
    if (stop != Pump::Stop::sink_gone || !m_writer.go_on_after_reader()) break;
    pump.resume();
  }
  m_unsent = pump.count().has_ended ? 0 : unsent_of(input, pump.count().bytes);
  return cli::exit_success;
}

void Sender::refuse_record(const PackReader& reader) const {
  cli::write_diagnostic(fmt::format("{}: {} {} is longer than PIPE_BUF, {} bytes, and left out\n", tool,
                                    m_options.delimiter == '\n' ? "line" : "record", reader.count(),
                                    PIPE_BUF));
}

// The kernel keeps together what one write(2) of up to PIPE_BUF bytes has; pipe(7).
bool Sender::write_pack(const Pack& pack) {
  while (::write(m_writer.descriptor(), pack.data.data(), pack.data.size()) == -1) {
    if (errno != EAGAIN && errno != EPIPE && errno != EINTR)
      throw Error{errno, fmt::format("cannot write {}", m_name)};
    if (!m_writer.wait()) return false;
  }
  return true;
}

int Sender::send_records() {
  int status = cli::exit_success;
  auto reader = packs();
  while (const auto pack = reader.next()) {
    if (pack->data.empty()) {
      refuse_record(reader);
      status = cli::exit_failure;
    } else if (!write_pack(*pack)) {
      m_unsent.reset();
      break;
    }
  }
  return status;
}

// What does not find room and a reader at once is not written.
bool Sender::write_pack_at_once(const Pack& pack) {
  if (!m_writer.is_open_at_once()) return false;
  if (::write(m_writer.descriptor(), pack.data.data(), pack.data.size()) != -1) return true;
  if (errno != EAGAIN && errno != EPIPE) throw Error{errno, fmt::format("cannot write {}", m_name)};
  return false;
}

void Sender::report_drops(std::uint64_t records) const {
  if (records > 0 && !m_options.is_quiet)
    cli::write_diagnostic(fmt::format("{}: {} dropped: {} was full or had no reader\n", tool,
                                      records == 1 ? "1 record was" : fmt::format("{} records were", records),
                                      m_name));
}

int Sender::send_or_drop() {
  int status = cli::exit_success;
  std::uint64_t dropped = 0;
  auto reader = packs();
  while (const auto pack = reader.next()) {
    if (pack->data.empty()) {
      refuse_record(reader);
      status = cli::exit_failure;
    } else if (!write_pack_at_once(*pack)) {
      dropped += pack->records;
    } else if (m_options.is_verbose) {
      report_drops(std::exchange(dropped, 0));
    }
  }
  report_drops(dropped);
  const bool has_sent = m_writer.descriptor() != -1 && !m_interruption.has_come();
  if (has_sent && !m_writer.drain()) return m_writer.report_stop();
  cli::require_no_signal(m_interruption);
  return status;
}

}  // namespace

int send(const Options& options) {
  const SignalIsError broken_pipe_is_error{SIGPIPE};
  const Interruption interruption{fatal_signals};
  const UsedFifo fifo{options, options.paths.at(0)};
  cli::tell_ready(options.ready_fd);
  return Sender{options, fifo, interruption}.send();
}

}  // namespace ipcutils::fifo
