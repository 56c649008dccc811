// A server of remote procedures.
#pragma once

#include <ipcutils/interruption.hpp>
#include <ipcutils/signals.hpp>
#include <list>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "call.hpp"
#include "dispatch.hpp"
#include "exchange.hpp"
#include "listening.hpp"
#include "methods.hpp"
#include "options.hpp"

namespace ipcutils::rpcserve {

// One wait for everything: clients that connect, messages, commands. Blocks nowhere else.
class Server {
 public:
  // Listens, or, with rpc::Address::Family::stdio, serves the one client at standard input and output.
  // `options` must outlive it. Throws Error and CommandError.
  explicit Server(const Options& options);

  // Until a signal comes, or the client at standard input has ended. The first signal ends accepting and
  // reading; what runs is finished and answered. The second ends what runs. Throws cli::Signalled then.
  void serve();

 private:
  // Of a request, until it is answered.
  struct Job {
    std::shared_ptr<Exchange> exchange;
    std::size_t part;
    std::optional<std::string> id;  // nothing: a notification
    Task task;

    // A client that has gone wants nothing any more, but what it has notified us of is done.
    bool is_wanted() const { return !id || !exchange->client().is_gone; }
  };
  struct Running {
    Job job;
    std::unique_ptr<Call> call;
  };
  struct Wait;

  bool is_over() const;
  void wait();
  void heed_signal();
  void accept();
  void add_client(Side side, std::optional<PeerCredentials> credentials);
  void go_on(const std::shared_ptr<Client>& client, const std::array<pollfd, 2>& seen);
  void take_message(const std::shared_ptr<Client>& client, std::string_view message);
  void take(const std::shared_ptr<Exchange>& exchange, std::size_t part, const RpcRequest& request);
  std::optional<RpcResponse> answer_itself(Client& client, const RpcRequest& request) const;
  void refuse(Client& client, std::string_view reason);
  void start_waiting();
  void start(Job job);
  void finish(Job& job, CallResult result);
  void forget_clients();
  void forget_unwanted();
  bool is_read(const Client& client) const;

  const Options& m_options;
  Methods m_methods;
  Interruption m_interruption{fatal_signals};
  SignalIsError m_broken_pipe{SIGPIPE};
  std::optional<Listening> m_listening;
  int m_signal = 0;  // that has come last; 0: none
  Deadline m_accepts_from = Deadline::immediate();
  Deadline m_farewell = Deadline::never();
  std::list<std::shared_ptr<Client>> m_clients;
  std::list<Job> m_waiting;  // until fewer commands run
  std::list<Running> m_running;
};

}  // namespace ipcutils::rpcserve
