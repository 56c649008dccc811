#include "send.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <ipcutils/interruption.hpp>
#include <ipcutils/signal_name.hpp>
#include <ipcutils/signal_sender.hpp>
#include <ipcutils/signals.hpp>
#include <ipcutils/wait.hpp>

#include "../cli/diagnostic.hpp"
#include "../cli/guarded_main.hpp"
#include "../cli/output.hpp"
#include "../cli/signalled.hpp"

namespace ipcutils::signals {

namespace {

struct Target {
  ProcessHandle process;
  std::optional<int> signal = std::nullopt;  // the last one that was sent
};

// "1234 ended after TERM: exit status 0"
std::string description_of_end(const Target& target) {
  auto text = fmt::format("{} ended", target.process.pid());
  if (target.signal.value_or(0) != 0) text += fmt::format(" after {}", signal_name(*target.signal));
  if (const auto end = target.process.end())
    text += end->is_by_signal ? fmt::format(": killed by {}", signal_name(end->status))
                              : fmt::format(": exit status {}", end->status);
  return text;
}

class Sending {
 public:
  Sending(const SendOptions& options, const Interruption& interruption);

  // To all that are left; those to which it cannot be sent are left no more.
  void send(int signal);

  // Prints how those that are left end, until `deadline` at most.
  void await_ends(const Deadline& deadline);

  // For those that are still left.
  void report_timeouts();

  int status() const { return m_status; }

 private:
  void fail_with(int status) { m_status = std::max(m_status, status); }
  bool send(Target& target, int signal);

  const SendOptions& m_options;
  const Interruption& m_interruption;
  std::vector<Target> m_targets;
  int m_status;
};

Sending::Sending(const SendOptions& options, const Interruption& interruption)
    : m_options{options},
      m_interruption{interruption},
      m_status{cli::for_each(options.tool, options.processes, [this](const ProcessReference& reference) {
        m_targets.push_back({ProcessHandle::open(reference)});
      })} {}

// Whether the target is still one.
bool Sending::send(Target& target, int signal) {
  try {
    const auto deadline = Deadline::after(m_options.timeout.value_or(Duration::zero()));
    if (queue_signal(target.process, signal, m_options.value.value_or(0),
                     deadline.interrupted_by(m_interruption))) {
      target.signal = signal;
      return true;
    }
  } catch (const Error& error) {
    if (target.signal && target.process.has_ended()) return true;  // it did what it should
    cli::report(m_options.tool, error);
    fail_with(cli::exit_failure);
    return false;
  }
  cli::require_no_signal(m_interruption);
  const auto pid = target.process.pid();
  if (m_options.timeout)
    fail_with(cli::timed_out(m_options.tool,
                             fmt::format("no room for {} to process {}", signal_name(signal), pid)));
  else {
    cli::report(m_options.tool,
                Error::because(EAGAIN, fmt::format("cannot send {} to process {}", signal_name(signal), pid),
                               "its user may queue no more signals",
                               "--timeout waits for room; 'ulimit -i' shows the limit"));
    fail_with(cli::exit_failure);
  }
  return false;
}

void Sending::send(int signal) {
  std::erase_if(m_targets, [&](Target& target) { return !send(target, signal); });
}

void Sending::await_ends(const Deadline& deadline) {
  const auto until = deadline.interrupted_by(m_interruption);
  while (!m_targets.empty()) {
    std::vector<pollfd> entries;
    for (const auto& target : m_targets) entries.push_back({target.process.fd(), POLLIN, 0});
    const auto waited = wait_for_events(entries, until);
    cli::require_no_signal(m_interruption);
    if (waited == Waited::timed_out) return;
    std::erase_if(m_targets, [](const Target& target) {
      const bool has_ended = target.process.has_ended();
      if (has_ended) cli::print("{}\n", description_of_end(target));
      return has_ended;
    });
    if (!cli::flush_output_until(Deadline::never().interrupted_by(m_interruption)))
      cli::require_no_signal(m_interruption);
  }
}

void Sending::report_timeouts() {
  for (const auto& target : m_targets)
    fail_with(cli::timed_out(m_options.tool, fmt::format("process {} did not end", target.process.pid())));
}

// A standard signal that is pending already takes no second value.
void warn_of_lost_values(const SendOptions& options) {
  if (options.value && !is_real_time(options.signal))
    cli::write_diagnostic(
        fmt::format("{0}: {1} is not queued while one is pending, and its value is lost then\n"
                    "{0}: hint: real-time signals are queued: RTMIN to RTMAX\n",
                    options.tool, signal_name(options.signal)));
}

}  // namespace

int send(const SendOptions& options) {
  const Interruption interruption{fatal_signals};
  warn_of_lost_values(options);
  Sending sending{options, interruption};
  sending.send(options.signal);
  if (!options.wait && options.steps.empty()) return sending.status();
  for (const auto& step : options.steps) {
    sending.await_ends(Deadline::after(step.after));
    sending.send(step.signal);
  }
  sending.await_ends(cli::wait_deadline(options.timeout));
  sending.report_timeouts();
  return sending.status();
}

}  // namespace ipcutils::signals
