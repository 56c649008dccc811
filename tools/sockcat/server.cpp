#include "server.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <ipcutils/poll.hpp>
#include <vector>

#include "../cli/fatal_signal.hpp"
#include "../cli/guarded_main.hpp"
#include "../cli/timeout.hpp"

namespace ipcutils::sockcat {

namespace {

constexpr std::uint64_t usual_max_children = 1024;

// When there is no process or memory to be had, before it is tried again.
constexpr std::chrono::milliseconds pause_without_process{100};

// Should taking a client fail again and again.
constexpr std::chrono::milliseconds pause_after_failure{100};

// Between connections of our own making.
constexpr std::chrono::seconds usual_interval{1};

// The processes that serve. A descriptor tells when one of them has ended.
class Workers {
 public:
  explicit Workers(std::uint64_t most) : m_most{most} {
    sigset_t ended;
    ::sigemptyset(&ended);
    ::sigaddset(&ended, SIGCHLD);
    ::sigprocmask(SIG_BLOCK, &ended, &m_old_mask);
    m_ended.reset(::signalfd(-1, &ended, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!m_ended.is_open()) throw Error{errno, "cannot watch processes"};
  }
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;
  ~Workers() { ::sigprocmask(SIG_SETMASK, &m_old_mask, nullptr); }

  bool are_full() const { return m_count >= m_most; }
  bool are_none() const { return m_count == 0; }
  int waitable() const { return m_ended.get(); }

  // Forgets those that have ended.
  void reap() {
    std::array<signalfd_siginfo, 16> news;
    while (::read(m_ended.get(), news.data(), sizeof news) > 0) continue;
    while (m_count > 0 && ::waitpid(-1, nullptr, WNOHANG) > 0) --m_count;
  }

  // Returns twice: true in the new process.
  bool start(const Deadline& deadline) {
    pid_t process = 0;
    while ((process = ::fork()) == -1) {
      if ((errno != EAGAIN && errno != ENOMEM) || deadline.has_passed())
        throw Error{errno, "cannot make a process"};
      poll_until(m_ended.get(), POLLIN, deadline.within(pause_without_process));
      reap();
    }
    if (process == 0)
      ::sigprocmask(SIG_SETMASK, &m_old_mask, nullptr);
    else
      ++m_count;
    return process == 0;
  }

 private:
  std::uint64_t m_most;
  std::uint64_t m_count = 0;
  sigset_t m_old_mask;
  FileDescriptor m_ended;
};

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
      if (!connection) return cli::timed_out(tool, m_end.complaint(), m_context.settings.timeout_status);
      if (m_workers.start(m_context.or_signal(Deadline::never()))) work(std::move(*connection));
      if (!m_end.listens_at()) pause(m_end.spec().duration(Option::interval).value_or(usual_interval));
    }
    m_end.stop_listening();
    while (!m_workers.are_none()) wait_for(-1, Deadline::never());
    return cli::exit_success;
  }

 private:
  void require_no_signal() const {
    const auto& signals = *m_context.signals;
    if (signals.has_come()) throw cli::Signalled{signals.signal()};
  }

  // Waits for the descriptor, or for the end of a worker. Whether the descriptor is ready; not when
  // `deadline` has passed.
  bool wait_for(int fd, const Deadline& deadline) {
    std::array entries{pollfd{fd, POLLIN, 0}, pollfd{m_workers.waitable(), POLLIN, 0}};
    poll_until(entries, m_context.or_signal(deadline));
    require_no_signal();
    if (entries[1].revents != 0) m_workers.reap();
    return entries[0].revents != 0;
  }

  // The next client. A failure of one is no reason to give up the others.
  std::optional<Channel> next() {
    const auto deadline = m_context.or_signal(m_end.deadline());
    for (;;) {
      while (m_end.waitable() != -1 && !wait_for(m_end.waitable(), deadline))
        if (deadline.has_passed()) {
          require_no_signal();
          return std::nullopt;
        }
      try {
        auto connection = m_end.open(deadline);
        require_no_signal();
        return connection;
      } catch (const Error& error) {
        if (!m_end.listens_at()) throw;
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
    m_context.signals = std::make_unique<Interruption>(cli::fatal_signals);
    m_end.stop_listening();
    // Datagrams have no end: what serves them would never end by itself.
    if (connection.side.end == RelaySide::End::nothing) ::prctl(PR_SET_PDEATHSIG, SIGTERM);
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
