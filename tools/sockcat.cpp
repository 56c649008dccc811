// sockcat: cat for sockets. Manual page: sockcat(1).
#include <fmt/format.h>

#include <ipcutils/output_file.hpp>
#include <ipcutils/quote.hpp>
#include <ipcutils/signals.hpp>

#include "cli/diagnostic.hpp"
#include "cli/entry.hpp"
#include "cli/guarded_main.hpp"
#include "cli/ready.hpp"
#include "cli/signalled.hpp"
#include "cli/timeout.hpp"
#include "sockcat/end.hpp"
#include "sockcat/environment.hpp"
#include "sockcat/server.hpp"
#include "sockcat/session.hpp"

using namespace ipcutils;
using namespace ipcutils::sockcat;

namespace {

// Both ends, and what is done with them.
class Sockcat {
 public:
  Sockcat(const Settings& settings, Log& log, Signals& signals)
      : m_settings{settings},
        m_context{settings, log, signals},
        m_first{settings.first, {settings.goes_forward, settings.goes_backward}, m_context},
        m_second{make_second()} {}

  int run() {
    tell_where_it_listens();
    if (m_first.forks())
      return serve(m_first, m_context, [&](Channel first) { return meet(std::move(first)); });
    auto first = open(m_first);
    return first ? meet(std::move(*first)) : late(m_first);
  }

 private:
  End make_second() const {
    const Use use{m_settings.goes_backward, m_settings.goes_forward};
    return m_settings.second ? End{*m_settings.second, use, m_context} : End::of_command(use, m_context);
  }

  // The first end is there: brings the second to it.
  int meet(Channel first) {
    export_connection(first);
    if (m_second.forks())
      return serve(m_second, m_context, [&](Channel second) {
        // The server removes them, when its last client has gone.
        for (auto& name : first.names) name.dismiss();
        return transfer(std::move(first), std::move(second));
      });
    auto second = open(m_second);
    return second ? transfer(std::move(first), std::move(*second)) : late(m_second);
  }

  int transfer(Channel first, Channel second) {
    if (m_second.takes_over() && !m_first.forks()) m_first.remove_listening_names();
    m_second.take_over(first);
    if (acceptors().empty()) cli::tell_ready(m_settings.ready_fd);
    return run_session(std::move(first), std::move(second), m_context);
  }

  std::optional<Channel> open(End& end) {
    auto channel = end.open(m_context.or_signal(end.deadline()));
    if (!channel) cli::require_no_signal(*m_context.signals);
    return channel;
  }

  int late(const End& end) const {
    return cli::timed_out(tool, end.timeout_message(), m_settings.timeout_status);
  }

  std::vector<const Acceptor*> acceptors() const {
    auto acceptors = m_first.acceptors();
    const auto others = m_second.acceptors();
    acceptors.insert(acceptors.end(), others.begin(), others.end());
    return acceptors;
  }

  void tell_where_it_listens() const {
    std::optional<std::uint16_t> port;
    const auto listening = acceptors();
    for (const auto* acceptor : listening) {
      const auto address = acceptor->address();
      if (!port) port = address.port();
      m_context.log.note("listening on {}", address.text());
      if (m_settings.dumps_text)
        cli::write_diagnostic(fmt::format("{}: listening on {}\n", tool, escape(address.text())));
    }
    if (!m_settings.port_file.empty() && port)
      write_file_atomically(m_settings.port_file, fmt::format("{}\n", *port), 0644, "port file");
    if (!listening.empty()) cli::tell_ready(m_settings.ready_fd);
  }

  const Settings& m_settings;
  Context m_context;
  End m_first;
  End m_second;
};

int run(const Settings& settings) {
  const SignalIsError broken_pipe_is_error{SIGPIPE};
  Log log{settings.log};
  auto signals = std::make_unique<Interruption>(fatal_signals);
  return report_failure(log, settings.command.empty() ? cli::exit_failure : cli::exit_own_failure, [&] {
    try {
      return Sockcat{settings, log, signals}.run();
    } catch (const Error&) {
      cli::require_no_signal(*signals);  // which is why it failed
      throw;
    }
  });
}

}  // namespace

IPCUTILS_ENTRY ipcutils_sockcat(ipcutils_environment* environment, int argc, char** argv) {
  return cli::guarded_main(environment, tool, argc, argv, parse_command_line, run,
                           cli::failure_status_with_command(argc, argv));
}
