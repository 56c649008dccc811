#include "server.hpp"

#include <unistd.h>

#include <array>
#include <csignal>
#include <ipcutils/signals.hpp>
#include <ipcutils/wait.hpp>
#include <ipcutils/workers.hpp>

#include "../cli/guarded_main.hpp"
#include "../cli/signalled.hpp"
#include "../cli/timeout.hpp"

namespace ipcutils::sockcat {

namespace {

constexpr std::uint64_t usual_max_children = 1024;

// Should taking a client fail again and again.
constexpr std::chrono::milliseconds pause_after_failure{100};

// Between connections of our own making.
constexpr std::chrono::seconds usual_interval{1};

class Server {
 public:
  Server(End& end, const Context& context, const Work& work)
      : m_end{end},
        m_context{context},
        m_work{work},
        m_workers{end.spec().number(Option::max_children).value_or(usual_max_children)} {}

  int serve() {
    const auto& count = m_context.settings.count;
    for (std::uint64_t served = 0; !count || served < *count; ++served) {
      while (m_workers.are_full()) wait_for(-1, Deadline::never());
      auto connection = next();
      if (!connection)
        return cli::timed_out(tool, m_end.timeout_message(), m_context.settings.timeout_status);
      if (m_workers.start(m_context.or_signal(Deadline::never()))) work(std::move(*connection));
      connection.reset();  // the worker's now: with a copy here, the peer would not see the end
      if (m_end.acceptor() == nullptr)
        pause(m_end.spec().duration(Option::interval).value_or(usual_interval));
    }
    if (auto* const acceptor = m_end.acceptor()) acceptor->close();
    while (!m_workers.are_none()) wait_for(-1, Deadline::never());
    return cli::exit_success;
  }

 private:
  // Waits for the descriptor, or for the end of a worker. Whether the descriptor is ready; not when
  // `deadline` has passed.
  bool wait_for(int fd, const Deadline& deadline) {
    std::array entries{pollfd{fd, POLLIN, 0}, pollfd{m_workers.fd(), POLLIN, 0}};
    wait_for_events(entries, m_context.or_signal(deadline));
    cli::require_no_signal(*m_context.signals);
    if (entries[1].revents != 0) m_workers.reap();
    return entries[0].revents != 0;
  }

  // The next client. A failure of one is no reason to give up the others.
  std::optional<Channel> next() {
    const auto deadline = m_end.deadline();
    auto* const acceptor = m_end.acceptor();
    for (;;) {
      if (acceptor != nullptr)
        while (acceptor->fd() != -1 && !wait_for(acceptor->fd(), deadline))
          if (deadline.has_passed()) return std::nullopt;
      try {
        auto connection = m_end.open(m_context.or_signal(deadline));
        cli::require_no_signal(*m_context.signals);
        return connection;
      } catch (const Error& error) {
        if (acceptor == nullptr) throw;
        m_context.log.report(error);
        pause(pause_after_failure);
      }
    }
  }

  void pause(Duration interval) {
    const auto next = Deadline::after(interval);
    while (!next.has_passed()) wait_for(-1, next);
  }

  [[noreturn]] void work(Channel connection) {
    m_context.signals.reset();  // there is but one at a time
    m_context.signals = std::make_unique<Interruption>(fatal_signals);
    if (auto* const acceptor = m_end.acceptor()) acceptor->close();
    // Datagrams have no end: what serves them would never end by itself.
    const auto* const sink = connection.side.sink.get();
    if (sink != nullptr && sink->end() == Sink::End::nothing) Child::die_with_parent(SIGTERM);
    const auto work_and_report = [&] {
      return report_failure(m_context.log, cli::exit_failure, [&] { return m_work(std::move(connection)); });
    };
    ::_exit(cli::guard(tool, {}, work_and_report));
  }

  End& m_end;
  Context m_context;
  const Work& m_work;
  Workers m_workers;
};

}  // namespace

int serve(End& end, const Context& context, const Work& work) { return Server{end, context, work}.serve(); }

}  // namespace ipcutils::sockcat
