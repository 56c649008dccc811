#include "server.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <ipcutils/datagram.hpp>
#include <ipcutils/output_file.hpp>
#include <ipcutils/quote.hpp>

#include "../cli/diagnostic.hpp"
#include "../cli/guarded_main.hpp"
#include "../cli/ready.hpp"
#include "../cli/signalled.hpp"
#include "answer.hpp"
#include "mcp.hpp"

namespace ipcutils::rpcserve {

namespace {

// What a client may leave unread before no more is read from it.
constexpr std::size_t most_unread = 4 * 1024 * 1024;

// Of one client, before it is the turn of the others.
constexpr int most_messages = 64;

// Requests in one batch, for the same reason.
constexpr std::size_t most_parts = 1024;

// How long a client may take for its last answers, when the server ends or has refused what the client says.
constexpr std::chrono::seconds last_patience{1};

// Before clients are accepted again, when there was no descriptor for one.
constexpr std::chrono::milliseconds pause_after_failure{50};

template <typename... Args>
void note(const Options& options, fmt::format_string<Args...> format, Args&&... args) {
  if (options.is_verbose)
    cli::write_diagnostic(
        fmt::format("{}: {}\n", tool, escape(fmt::format(format, std::forward<Args>(args)...))));
}

Side standard_streams() {
  return {
      .source = byte_source(Descriptor::inherited(STDIN_FILENO), medium_of(STDIN_FILENO), "standard input"),
      .sink = byte_sink(Descriptor::inherited(STDOUT_FILENO), medium_of(STDOUT_FILENO), "standard output"),
      .name = "standard input and output"};
}

}  // namespace

// What one wait is for, and what it has seen: the entries of all, each at its place.
struct Server::Wait {
  std::vector<pollfd> entries = {};
  Deadline until = Deadline::never();

  template <std::size_t size>
  void add(const std::array<pollfd, size>& some) {
    entries.insert(entries.end(), some.begin(), some.end());
  }
  void end_at(const Deadline& deadline) {
    if (!deadline.is_never()) until = until.within(deadline.time_left());
  }
  template <std::size_t size>
  std::array<pollfd, size> take() {
    std::array<pollfd, size> some;
    std::copy_n(entries.begin() + static_cast<std::ptrdiff_t>(m_taken), size, some.begin());
    m_taken += size;
    return some;
  }

 private:
  std::size_t m_taken = 0;
};

Server::Server(const Options& options) : m_options{options}, m_methods{options} {
  if (options.address.family == rpc::Address::Family::stdio) {
    add_client(standard_streams(), std::nullopt);
  } else {
    m_listening.emplace(options.address, options.allowed_peers.are_named());
    note(options, "listening at {}", m_listening->name());
    if (!options.port_file.empty() && m_listening->port())
      write_file_atomically(options.port_file, fmt::format("{}\n", *m_listening->port()), 0644, "port file");
  }
  cli::tell_ready(options.ready_fd);
}

void Server::serve() {
  while (!is_over()) wait();
  if (m_signal != 0) throw cli::Signalled{m_signal};
}

bool Server::is_over() const {
  if (!m_running.empty() || !m_waiting.empty()) return false;
  if (m_signal == 0) return !m_listening && m_clients.empty();
  return m_farewell.has_passed() ||
         std::ranges::all_of(m_clients, [](const auto& client) { return client->connection.queued() == 0; });
}

bool Server::is_read(const Client& client) const {
  return m_signal == 0 && client.connection.queued() < most_unread &&
         client.owed < 2 * m_options.max_children;
}

void Server::wait() {
  Wait wait;
  const bool accepts = m_listening && m_clients.size() < m_options.max_clients && m_accepts_from.has_passed();
  wait.add(std::array{pollfd{accepts ? m_listening->listener().get() : -1, POLLIN, 0}});
  if (!m_accepts_from.has_passed()) wait.end_at(m_accepts_from);
  for (const auto& running : m_running) {
    wait.add(running.call->wanted());
    wait.end_at(running.call->due());
  }
  for (const auto& client : m_clients) {
    wait.add(client->connection.wanted(is_read(*client)));
    wait.end_at(is_read(*client) && client->connection.may_have_next() ? Deadline::immediate()
                                                                       : client->patience);
  }
  wait.end_at(m_farewell);
  if (wait_for_events(wait.entries, wait.until.interrupted_by(m_interruption)) == Waited::interrupted)
    return heed_signal();

  const bool has_come = wait.take<1>()[0].revents != 0;
  for (auto running = m_running.begin(); running != m_running.end();) {
    if (auto result = running->call->advance(wait.take<Call::entries>())) {
      finish(running->job, std::move(*result));
      running = m_running.erase(running);
    } else {
      ++running;
    }
  }
  for (const auto& client : m_clients) go_on(client, wait.take<2>());
  if (has_come) accept();
  forget_clients();
  forget_unwanted();
  start_waiting();
  if (m_signal != 0 && m_farewell.is_never() && m_running.empty() && m_waiting.empty())
    m_farewell = Deadline::after(last_patience);
}

void Server::heed_signal() {
  const bool is_second = m_signal != 0;
  m_signal = m_interruption.signal();
  m_interruption.reset();
  m_listening.reset();
  if (!is_second) return;
  m_waiting.clear();
  for (auto& running : m_running) running.call->end("the server ends");
}

void Server::accept() {
  std::optional<AcceptedSocket> accepted;
  try {
    accepted = m_listening->listener().accept(Deadline::immediate());
  } catch (const Error& error) {  // no reason to give up the other clients
    cli::report(tool, error);
  }
  if (!accepted) {
    m_accepts_from = Deadline::after(pause_after_failure);
    return;
  }
  auto credentials = peer_credentials(accepted->socket.get());
  const auto name = fmt::format("a client of {}", m_listening->name());
  if (const auto objection = m_options.allowed_peers.objection(credentials))
    return cli::report(tool, Error::because(EACCES, fmt::format("refused {}", name), *objection));
  note(m_options, "accepted {}", name);
  add_client(socket_side(Descriptor::owned(std::move(accepted->socket)), name), credentials);
}

void Server::add_client(Side side, std::optional<PeerCredentials> credentials) {
  RpcConnection connection{std::move(side), m_options.framing, m_options.max_request};
  m_clients.push_back(std::make_shared<Client>(std::move(connection), credentials));
}

void Server::go_on(const std::shared_ptr<Client>& client, const std::array<pollfd, 2>& seen) {
  auto& connection = client->connection;
  try {
    connection.advance(seen);
    if (client->is_refused) return;
    for (int i = 0; i < most_messages && is_read(*client); ++i) {
      const auto message = connection.next();
      if (!message) break;
      client->patience = Deadline::never();
      take_message(client, *message);
    }
    if (!connection.is_amid_message() || !is_read(*client))
      client->patience = Deadline::never();
    else if (client->patience.is_never())
      client->patience = Deadline::after(m_options.message_timeout);
    if (client->patience.has_passed()) refuse(*client, "the rest of a message has not come in time");
  } catch (const Error& error) {
    refuse(*client, error.reason());
  }
}

// What comes after a message that cannot be read cannot be read, either. But the connection stays until the
// client knows: to close it with something unread in it would reset it.
void Server::refuse(Client& client, std::string_view reason) {
  const RpcError error{RpcError::parse_error, "Parse error", json_string(reason)};
  client.connection.send(to_json(RpcResponse{"null", error}));
  client.connection.ignore();
  client.is_refused = true;
  client.patience = Deadline::after(last_patience);
  note(m_options, "refused {}: {}", client.connection.name(), reason);
}

void Server::take_message(const std::shared_ptr<Client>& client, std::string_view message) {
  auto requests = parse_rpc_requests(message);
  if (requests.parts.size() > most_parts) {
    const auto reason = fmt::format("a batch has more than {} requests", most_parts);
    requests = {
        false,
        {RpcResponse{"null", RpcError{RpcError::invalid_request, "Invalid Request", json_string(reason)}}}};
  }
  const auto exchange = std::make_shared<Exchange>(client, requests.is_batch, requests.parts.size());
  for (std::size_t part = 0; part < requests.parts.size(); ++part)
    if (const auto* const request = std::get_if<RpcRequest>(&requests.parts[part]))
      take(exchange, part, *request);
    else
      exchange->answer(part, std::get<RpcResponse>(requests.parts[part]));
}

void Server::take(const std::shared_ptr<Exchange>& exchange, std::size_t part, const RpcRequest& request) {
  auto& client = exchange->client();
  auto answer = answer_itself(client, request);
  if (!answer) {
    auto dispatched = dispatch(request, m_methods, m_options, client.credentials);
    if (auto* const task = std::get_if<Task>(&dispatched)) {
      m_waiting.push_back({exchange, part, request.id, std::move(*task)});
      return;
    }
    answer = std::get<RpcResponse>(std::move(dispatched));
  }
  exchange->answer(part, request.is_notification() ? std::nullopt : std::move(answer));
}

// Requests about the connection.
std::optional<RpcResponse> Server::answer_itself(Client& client, const RpcRequest& request) const {
  if (request.method != "rpc.memfd" || !m_options.offers_memory || !client.credentials) return std::nullopt;
  client.takes_memory = true;
  return RpcResponse{request.id.value_or("null"), "true"};
}

void Server::forget_clients() {
  std::erase_if(m_clients, [](const auto& client) {
    const auto& connection = client->connection;
    const bool is_answered = connection.has_ended() && client->owed == 0 && connection.queued() == 0;
    client->is_gone = connection.has_left() || (client->is_refused && client->patience.has_passed());
    // What it said before its end is heard, if only its notifications.
    return (client->is_gone || is_answered) && !connection.may_have_next();
  });
}

void Server::forget_unwanted() {
  std::erase_if(m_waiting, [](Job& job) {
    if (job.is_wanted()) return false;
    job.exchange->answer(job.part, std::nullopt);
    return true;
  });
  for (auto& running : m_running)
    if (!running.job.is_wanted()) running.call->end("its client has left");
}

void Server::start_waiting() {
  while (!m_waiting.empty() && m_running.size() < m_options.max_children) {
    auto job = std::move(m_waiting.front());
    m_waiting.pop_front();
    start(std::move(job));
  }
}

void Server::start(Job job) {
  try {
    auto call = std::make_unique<Call>(job.task.command, job.task.input, m_options.call_timeout,
                                       m_options.max_result);
    m_running.push_back({std::move(job), std::move(call)});
  } catch (const Error& error) {
    cli::report(tool, error);
    job.exchange->answer(job.part,
                         job.id ? std::optional{internal_error(*job.id, error.what())} : std::nullopt);
  }
}

void Server::finish(Job& job, CallResult result) {
  std::optional<RpcResponse> response;
  if (job.id && job.task.is_tool)
    response = RpcResponse{*job.id, tool_result(result)};
  else if (job.id)
    response = answer_of(*job.id, std::move(result), m_options.has_raw_results);
  job.exchange->answer(job.part, std::move(response));
}

}  // namespace ipcutils::rpcserve
