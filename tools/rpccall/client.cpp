#include "client.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <ipcutils/command.hpp>
#include <ipcutils/delivery.hpp>
#include <ipcutils/error.hpp>
#include <ipcutils/quote.hpp>
#include <ipcutils/wait.hpp>
#include <variant>

#include "../cli/diagnostic.hpp"
#include "../cli/signalled.hpp"

namespace ipcutils::rpccall {

// What moves, before the deadline; false when time is up.
bool Client::step() {
  auto entries = m_connection->wanted();
  const auto waited = wait_for_events(entries, m_deadline);
  cli::require_no_signal(m_interruption);
  if (waited == Waited::timed_out) return false;
  m_connection->advance(entries);
  return true;
}

bool Client::step_and_discard() {
  const bool is_in_time = step();
  while (m_connection->next()) continue;
  return is_in_time;
}

void Client::show(char direction, const std::string& message) const {
  if (m_trace == Trace::shown) cli::write_diagnostic(fmt::format("{} {}\n", direction, escape(message)));
}

void Client::send(std::string message) {
  show('>', message);
  m_connection->send(std::move(message));
}

std::optional<std::string> Client::receive() {
  for (;;) {
    if (auto message = m_connection->next()) {
      show('<', *message);
      return message;
    }
    if (m_connection->has_ended())
      throw Error::because(ECONNRESET, fmt::format("cannot get an answer from {}", m_connection->name()),
                           "the server closed the connection");
    if (!step()) return std::nullopt;
  }
}

bool Client::deliver() {
  while (m_connection->queued() != 0)
    if (!step_and_discard()) return false;
  if (m_connection->has_left()) fail_delivery();
  m_connection->shut_down();
  return m_process ? wait_for_end() : wait_for_delivery();
}

bool Client::wait_for_end() {
  while (!m_connection->has_ended())
    if (!step_and_discard()) return false;
  return true;
}

bool Client::wait_for_delivery() {
  const int socket = m_connection->wanted()[0].fd;
  const auto delivery = await_delivery(socket, AwaitedEnd::sent, unlimited, m_deadline);
  cli::require_no_signal(m_interruption);
  if (delivery.errnum != 0) fail_delivery();
  return unsent_bytes(socket) == 0;
}

void Client::fail_delivery() const {
  throw Error::because(ECONNRESET, fmt::format("cannot send to {}", m_connection->name()),
                       "the server closed the connection without reading everything");
}

void Client::close() {
  constexpr Command::Patience patience{std::chrono::seconds{1}, std::chrono::seconds{1}};
  m_connection.reset();
  if (!m_process) return;
  const auto outcome = Command::finish_within(m_process->child(), m_interruption, patience);
  if (outcome.passed_on != 0) throw cli::Signalled{outcome.passed_on};
}

std::optional<std::vector<RpcResponse>> responses_in(const std::string& message) {
  try {
    return parse_rpc_responses(message);
  } catch (const Error&) {
    const auto requests = parse_rpc_requests(message);
    const auto is_request = [](const auto& part) { return std::holds_alternative<RpcRequest>(part); };
    if (!std::ranges::all_of(requests.parts, is_request)) throw;
    return std::nullopt;
  }
}

}  // namespace ipcutils::rpccall
