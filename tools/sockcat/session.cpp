#include "session.hpp"

#include <fmt/format.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <utility>

#include "../cli/diagnostic.hpp"
#include "../cli/fatal_signal.hpp"
#include "../cli/progress_bar.hpp"
#include "filters.hpp"

namespace ipcutils::sockcat {

namespace {

using Reason = RelayResult::Reason;
using std::chrono::seconds;

// Before a person learns what is still waited for.
constexpr seconds patience_of_people{2};

// How long a peer may go on sending that we do not listen to any more.
constexpr seconds grace{2};

bool is_stream_socket(int fd) {
  int type = 0;
  socklen_t size = sizeof type;
  return fd != -1 && ::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM;
}

// Whether the one at the other end of a UNIX socket has something to read.
bool has_unread(int fd) {
  int bytes = 0;
  return ::ioctl(fd, SIOCOUTQ, &bytes) == 0 && bytes > 0;
}

class Session {
 public:
  Session(Channel first, Channel second, const Context& context)
      : m_first{std::move(first)},
        m_second{std::move(second)},
        m_context{context},
        m_settings{context.settings},
        m_filters{m_first, m_second, m_settings} {}
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session() {
    for (auto* channel : {&m_first, &m_second})
      if (channel->clean_up) channel->clean_up();
  }

  int run() {
    require_a_way();
    const auto begin = std::chrono::steady_clock::now();
    const auto result = relay_all();
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
    if (m_settings.shows_statistics) show_statistics(result, time.count());
    m_context.log.inform("{} bytes have gone forward, {} backward", result.forward.bytes,
                         result.backward.bytes);
    close(m_first, result.forward, result.reason);
    close(m_second, result.backward, result.reason);
    const int status = status_of_processes(result.reason);
    if (m_context.signals->has_come()) throw cli::Signalled{m_context.signals->signal()};
    require_success(result);
    return status;
  }

 private:
  static bool gives(const RelaySide& side) { return side.in != -1 || !side.before.empty(); }

  void require_a_way() const {
    const auto& first = m_first.side;
    const auto& second = m_second.side;
    if ((gives(first) && second.out != -1) || (gives(second) && first.out != -1)) return;
    throw Error::invalid(fmt::format("cannot transfer between {} and {}", first.name, second.name),
                         "there is no way on which one gives what the other takes");
  }

  RelayResult relay_all() {
    cli::ProgressBar bar{m_settings.progress,
                         m_settings.goes_backward ? std::nullopt : known_length(m_first.side.in)};
    const auto draw = bar.callback();
    RelayOptions options;
    options.block = m_settings.block;
    options.idle = m_settings.idle;
    options.deadline = m_context.or_signal(Deadline::never());
    if (m_filters.is_needed())
      options.filter = [this](Direction direction, std::span<const std::byte> data,
                              std::string& replacement) {
        return m_filters.apply(direction, data, replacement);
      };
    if (m_settings.progress != cli::ProgressWhen::never)
      options.progress = [&](const RelayCount& forward, const RelayCount& backward) {
        draw(forward.bytes + backward.bytes);
      };
    if (::isatty(STDERR_FILENO) && !m_settings.half_close_timeout) {
      options.patience = patience_of_people;
      options.on_silence = [](const RelaySide& awaited) {
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

  // A peer that has not ended must get all of what was sent to it, before the connection goes.
  void close(Channel& channel, const RelayCount& from_it, Reason reason) {
    const int fd = channel.side.out;
    const bool is_socket =
        channel.side.end != RelaySide::End::close && channel.side.exclusive && is_stream_socket(fd);
    if (is_socket && channel.process) {
      if (reason == Reason::lingered && has_unread(fd)) m_deaf = &channel;
    } else if (is_socket && reason == Reason::ended && !from_it.has_ended) {
      const auto until = channel.side.in == -1 ? DrainUntil::sent : DrainUntil::ended;
      if (channel.side.end == RelaySide::End::shut_down) ::shutdown(fd, SHUT_WR);
      if (!drain(fd, until, grace, m_context.or_signal(Deadline::never()))) m_deaf = &channel;
    }
    channel.side.on_end = nullptr;
    channel.descriptors.clear();
  }

  // A program that was given up does not know of it. Signals that have come are passed on.
  int status_of_processes(Reason reason) {
    const bool is_given_up = reason != Reason::ended && !m_context.signals->has_come();
    int status = cli::exit_success;
    for (auto* channel : {&m_second, &m_first}) {
      if (!channel->process) continue;
      auto& [command, pid] = *channel->process;
      if (is_given_up) ::kill(pid, SIGTERM);
      const auto outcome = command.finish(pid, *m_context.signals);
      const bool has_died_of_us = is_given_up && outcome.status == cli::exit_signal + SIGTERM;
      const int own = has_died_of_us ? cli::exit_success : cli::ended_like(outcome);
      m_context.log.note("process {} has ended with status {}", pid, outcome.status);
      if (status == cli::exit_success) status = own;
    }
    return status;
  }

  void require_success(const RelayResult& result) const {
    require_success(m_first, m_second, result.forward, result.reason);
    require_success(m_second, m_first, result.backward, result.reason);
    if (m_deaf != nullptr)
      throw Error::because(ECONNRESET, fmt::format("cannot write {}", m_deaf->side.name),
                           "it has not read everything");
  }

  static void require_success(const Channel& from, const Channel& to, const RelayCount& count,
                              Reason reason) {
    if (count.errnum == ECONNRESET && !from.process && !count.has_unsent)
      throw Error{count.errnum, fmt::format("cannot read {}", from.side.name)};
    if (!count.has_unsent) return;
    if (count.errnum == 0)
      throw Error::because(
          ETIMEDOUT, fmt::format("cannot transfer all of {} to {}", from.side.name, to.side.name),
          reason == Reason::idle ? "it was idle for too long" : "the other end was silent for too long");
    // A program need not read all that it gets.
    if (!to.process) throw Error{count.errnum, fmt::format("cannot write {}", to.side.name)};
  }

  Channel m_first;
  Channel m_second;
  Context m_context;
  const Settings& m_settings;
  Filters m_filters;
  const Channel* m_deaf = nullptr;  // its peer has not read everything
};

}  // namespace

int run_session(Channel first, Channel second, const Context& context) {
  return Session{std::move(first), std::move(second), context}.run();
}

}  // namespace ipcutils::sockcat
