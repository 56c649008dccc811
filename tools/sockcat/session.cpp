#include "session.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <functional>
#include <ipcutils/command.hpp>
#include <ipcutils/delivery.hpp>
#include <ipcutils/terminal.hpp>
#include <ipcutils/transfer.hpp>
#include <utility>

#include "../cli/command_status.hpp"
#include "../cli/diagnostic.hpp"
#include "../cli/progress_bar.hpp"
#include "../cli/signalled.hpp"
#include "filters.hpp"

namespace ipcutils::sockcat {

namespace {

using Reason = RelayResult::Reason;
using std::chrono::seconds;

// Before a person learns what is still waited for.
constexpr seconds notice_after{2};

// How long a peer may go on sending that we do not listen to any more, and how long a program that was told
// to end may take.
constexpr seconds grace{2};

class Session {
 public:
  Session(Channel first, Channel second, const Context& context)
      : m_first{std::move(first)},
        m_second{std::move(second)},
        m_context{context},
        m_settings{context.settings},
        m_filters{m_first, m_second, m_settings} {}

  int run() {
    require_a_way();
    const auto begin = std::chrono::steady_clock::now();
    const auto result = relay_all();
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
    if (m_settings.shows_statistics) show_statistics(result, time.count());
    m_context.log.inform("transferred {} bytes forward, {} backward", result.forward.bytes,
                         result.backward.bytes);
    note_failure(m_first, m_second, result.forward, result.backward, result.reason);
    note_failure(m_second, m_first, result.backward, result.forward, result.reason);
    close(m_first, result.forward, result.backward, result.reason);
    close(m_second, result.backward, result.forward, result.reason);
    const int status = status_of_processes(result);
    cli::require_no_signal(*m_context.signals);
    if (m_failure) throw *m_failure;
    return status;
  }

 private:
  void require_a_way() const {
    const auto& first = m_first.side;
    const auto& second = m_second.side;
    if ((first.source && second.sink) || (second.source && first.sink)) return;
    throw Error::invalid(fmt::format("cannot transfer between {} and {}", first.name, second.name),
                         "there is no way on which one gives what the other takes");
  }

  RelayResult relay_all() {
    const auto* const input = m_first.side.source.get();
    cli::ProgressBar bar{m_settings.progress, m_settings.goes_backward || input == nullptr
                                                  ? std::nullopt
                                                  : known_length(input->fd())};
    const auto draw = bar.callback();
    RelayOptions options;
    options.block = m_settings.block;
    options.idle = m_settings.idle;
    options.deadline = m_context.or_signal(Deadline::never());
    if (m_filters.is_needed()) options.filter = std::bind_front(&Filters::apply, &m_filters);
    if (m_settings.progress != cli::ProgressWhen::never)
      options.progress = [&](const PumpCount& forward, const PumpCount& backward) {
        draw(forward.bytes + backward.bytes);
      };
    if (is_terminal(STDERR_FILENO) && !m_settings.half_close_timeout) {
      options.notice_after = notice_after;
      options.on_silence = [](const Side& awaited) {
        cli::write_diagnostic(fmt::format("{}: hint: waiting for the end of {}; -t SECONDS would end that\n",
                                          tool, awaited.name));
      };
    }
    m_context.log.note("transferring between {} and {}", m_first.side.name, m_second.side.name);
    m_context.log.begin_transfer();
    return relay(m_first.side, m_second.side, options);
  }

  void show_statistics(const RelayResult& result, double time) const {
    cli::write_diagnostic(fmt::format("{}: > {} bytes in {} steps, < {} bytes in {} steps, {:.3f} s\n", tool,
                                      result.forward.bytes, result.forward.steps, result.backward.bytes,
                                      result.backward.steps, time));
  }

  // Closes a channel, whose peer must have got all of what was sent to it before.
  void close(Channel& channel, const PumpCount& from_it, const PumpCount& to_it, Reason reason) {
    if (auto* const sink = channel.side.sink.get(); sink != nullptr && sink->descriptor().is_open()) {
      if (!channel.processes.empty())
        require_read(*sink, reason);
      else if (!to_it.sink_gone && !to_it.source_gone)
        deliver(channel, *sink, from_it, to_it, reason);
    }
    // A program that has closed its terminal may be about to end: SIGHUP would become its status.
    const auto* const source = channel.side.source.get();
    if (source != nullptr && source->medium() == Medium::terminal && from_it.has_ended) return;
    channel.side.source.reset();
    channel.side.sink.reset();
    channel.kept.clear();
  }

  // A program that was given up need not have read everything, but that is told.
  void require_read(const Sink& sink, Reason reason) {
    if (reason == Reason::lingered && is_stream_socket(sink.medium()) && unsent_bytes(sink.fd()) > 0)
      fail(Error::because(ECONNRESET, fmt::format("cannot write {}", sink.name()),
                          "it has not read everything"));
  }

  // A TCP peer that has ended may answer our last bytes with a reset. A peer that still sends would lose what
  // is under way if the connection were closed.
  void deliver(const Channel& channel, Sink& sink, const PumpCount& from_it, const PumpCount& to_it,
               Reason reason) {
    if (sink.medium() == Medium::packets) {
      if (const int errnum = to_it.bytes > 0 ? sink.take_error() : 0; errnum != 0)
        fail(Error{errnum, fmt::format("cannot write {}", sink.name())});
      return;
    }
    const bool is_exclusive_stream = is_stream_socket(sink.medium()) && sink.descriptor().is_exclusive();
    if (!is_exclusive_stream || reason != Reason::ended || sink.end() == Sink::End::close) return;
    const bool is_over = from_it.has_ended && (sink.medium() == Medium::unix_stream || to_it.bytes == 0);
    if (is_over) return;
    if (sink.end() == Sink::End::shut_down) sink.tell_end();
    const bool is_read = channel.side.source != nullptr && !from_it.has_ended;
    const auto delivery = await_delivery(sink.fd(), is_read ? AwaitedEnd::ended : AwaitedEnd::sent, grace,
                                         m_context.or_signal(Deadline::never()));
    if (delivery.errnum == 0) return;
    const auto attempt = fmt::format("cannot write {}", sink.name());
    fail(sink.medium() == Medium::unix_stream
             ? Error::because(delivery.errnum, attempt, "it has not read everything")
             : Error{delivery.errnum, attempt, unacknowledged(delivery.unacknowledged)});
  }

  // The first failure is the one that is reported.
  void fail(Error error) {
    if (!m_failure) m_failure = std::move(error);
  }

  void note_failure(const Channel& from, const Channel& to, const PumpCount& count, const PumpCount& other,
                    Reason reason) {
    const auto attempt = [&](const char* verb, const Channel& channel) {
      return fmt::format("cannot {} {}", verb, channel.side.name);
    };
    if (count.source_gone && from.processes.empty())
      fail(Error{count.errnum, attempt("read", from), unacknowledged_by(from)});
    // A peer that has said all it wanted may leave while nothing comes for it; a program may leave anyway.
    const bool may_leave = other.has_ended && count.errnum == EPIPE && !count.has_unsent;
    if (count.sink_gone && !may_leave && to.processes.empty())
      fail(Error{count.errnum, attempt("write", to), unacknowledged_by(to)});
    if (count.has_unsent && !count.sink_gone && !count.source_gone)
      fail(Error::because(
          ETIMEDOUT, fmt::format("cannot transfer all of {} to {}", from.side.name, to.side.name),
          reason == Reason::idle ? "it was idle for too long" : "the other end was silent for too long"));
  }

  static std::string unacknowledged_by(const Channel& channel) {
    const auto* const sink = channel.side.sink.get();
    return unacknowledged(
        sink != nullptr && sink->medium() == Medium::internet_stream ? unsent_bytes(sink->fd()) : 0);
  }

  static std::string unacknowledged(std::uint64_t bytes) {
    return bytes == 0 ? "" : fmt::format("{} bytes were not acknowledged", bytes);
  }

  int status_of_processes(const RelayResult& result) {
    int status = cli::exit_success;
    for (auto* channel : {&m_second, &m_first}) {
      const auto& to_client = channel == &m_second ? result.backward : result.forward;
      for (auto& process : channel->processes) {
        const int own = finish(process, result.reason, to_client.sink_gone);
        if (status == cli::exit_success) status = own;
      }
    }
    return status;
  }

  // A program that was given up does not know of it, nor does one whose client has gone: SIGTERM, then
  // SIGKILL. Without -t and -T a program may finish its work. Signals that have come are passed on.
  int finish(cli::OwnedProcess& process, Reason reason, bool has_lost_client) {
    const auto limit = m_settings.half_close_timeout.value_or(m_settings.idle);
    const bool has_signal = m_context.signals->has_come();
    const bool is_given_up = !has_signal && (reason == Reason::lingered || reason == Reason::idle);
    const bool is_bounded = !has_signal && has_lost_client && limit != unlimited;
    const auto patience = limit == unlimited ? Duration{grace} : limit;
    const auto outcome = is_given_up || is_bounded
                             ? Command::finish_within(process.child(), *m_context.signals,
                                                      {is_given_up ? Duration::zero() : patience, patience})
                             : Command::finish(process.child(), *m_context.signals);
    m_context.log.note("command '{}' has ended with status {}", process.name(), outcome.status);
    const bool has_died_of_us =
        outcome.passed_on == 0 && (is_given_up || is_bounded) &&
        (outcome.status == cli::exit_signal + SIGTERM || outcome.status == cli::exit_signal + SIGKILL);
    return has_died_of_us ? cli::exit_success : cli::ended_like(outcome);
  }

  Channel m_first;
  Channel m_second;
  Context m_context;
  const Settings& m_settings;
  Filters m_filters;
  std::optional<Error> m_failure;
};

}  // namespace

int run_session(Channel first, Channel second, const Context& context) {
  return Session{std::move(first), std::move(second), context}.run();
}

}  // namespace ipcutils::sockcat
