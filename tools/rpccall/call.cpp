#include "call.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <ipcutils/error.hpp>
#include <ipcutils/quote.hpp>
#include <ipcutils/signals.hpp>
#include <utility>

#include "../cli/output.hpp"
#include "../cli/signalled.hpp"
#include "../cli/timeout.hpp"
#include "batch_answers.hpp"
#include "input.hpp"
#include "method_list.hpp"
#include "passed_result.hpp"

namespace ipcutils::rpccall {

namespace {

int too_late(const CallOptions& options) {
  return cli::timed_out(tool, fmt::format("{} has not answered", quote(options.server.text())));
}

// What `talk` returns, which is nothing (or false) when time is up.
template <typename Talk>
auto with_client(const CallOptions& options, Talk talk) -> decltype(talk(std::declval<Client&>())) {
  const SignalIsError gone_server_is_error{SIGPIPE};
  Interruption interruption{fatal_signals};
  const auto deadline = cli::wait_deadline(options.timeout).interrupted_by(interruption);
  const bool waits = options.timeout.value_or(Duration::zero()) > Duration::zero();
  auto server = connect(options.server, options.how, waits ? Absent::is_awaited : Absent::fails, deadline);
  cli::require_no_signal(interruption);
  if (!server) return {};
  Client client{std::move(*server), deadline, interruption, options.trace};
  auto result = talk(client);
  if (result) client.close();
  return result;
}

void require_id(const std::string& id, const std::string& expected) {
  if (id != expected)
    throw Error::because(EBADMSG, "cannot take the answer of the server",
                         fmt::format("it has the id {} instead of {}", escape(id), expected));
}

Answer answer_in(std::vector<RpcResponse> responses, const std::string& id) {
  auto& response = responses.at(0);
  // A server that cannot tell the id of what it got answers with null.
  if (response.id != "null" || response.error() == nullptr) require_id(response.id, id);
  if (const auto* error = response.error()) return *error;
  return std::get<std::string>(std::move(response.value));
}

std::optional<Answer> ask(Client& client, const RpcRequest& request, std::size_t max_size) {
  client.send(to_json(request));
  while (const auto message = client.receive()) {
    if (const auto note = parse_result_note(*message)) {
      require_id(note->id, *request.id);
      return open_passed_result(*note, client.take_passed(), max_size);
    }
    if (auto responses = responses_in(*message)) return answer_in(std::move(*responses), *request.id);
  }
  return std::nullopt;
}

std::optional<Answer> call_method(const CallOptions& options, const std::string& method,
                                  const std::string& params) {
  return with_client(options, [&](Client& client) -> std::optional<Answer> {
    const auto max_size = options.how.max_size;
    if (options.takes_memory) {
      client.accept_passed();
      // Whatever the server answers: if it does not know of this, it passes nothing.
      if (!ask(client, {R"("memfd")", std::string{memfd_method}}, max_size)) return std::nullopt;
    }
    return ask(client, {"1", method, params}, max_size);
  });
}

int call_and_print(const CallOptions& options, const std::string& params) {
  const auto answer = call_method(options, options.method, params);
  return answer ? print_answer(*answer, options.form) : too_late(options);
}

int list(const CallOptions& options) {
  const auto answer = call_method(options, std::string{discover_method}, {});
  if (!answer) return too_late(options);
  const auto* const document = std::get_if<std::string>(&*answer);
  if (document == nullptr || options.form.error == AnswerForm::Error::json)
    return print_answer(*answer, options.form);
  print_methods(*document);
  return cli::exit_success;
}

int deliver(const CallOptions& options, const std::string& message) {
  const bool is_delivered = with_client(options, [&](Client& client) {
    client.send(message);
    return client.deliver();
  });
  return is_delivered ? cli::exit_success : too_late(options);
}

int call_batch(const CallOptions& options) {
  const auto batch = read_batch();
  if (batch.requests.empty()) return cli::exit_success;
  const auto message = rpc_batch(batch.requests);
  if (batch.ids.empty()) return deliver(options, message);
  using Responses = std::optional<std::vector<RpcResponse>>;
  auto responses = with_client(options, [&](Client& client) -> Responses {
    client.send(message);
    while (const auto answer = client.receive())
      if (auto responses_to_us = responses_in(*answer)) return responses_to_us;
    return std::nullopt;
  });
  return responses ? print_batch_answers(batch.ids, *responses, options.form.error) : too_late(options);
}

}  // namespace

int call(const CallOptions& options) {
  using enum CallOptions::What;
  if (options.into)
    cli::write_output_into(*options.into, options.what == call ? cli::Shape::text : cli::Shape::lines);
  if (options.what == list) return rpccall::list(options);
  if (options.what == batch) return call_batch(options);
  const auto params = options.has_params_on_input ? read_params() : options.params;
  if (options.what == notify)
    return deliver(options, to_json(RpcRequest{std::nullopt, options.method, params}));
  return call_and_print(options, params);
}

}  // namespace ipcutils::rpccall
