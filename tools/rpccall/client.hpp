// A client's end of a connection.
#pragma once

#include <ipcutils/deadline.hpp>
#include <ipcutils/interruption.hpp>
#include <ipcutils/rpc_message.hpp>
#include <optional>
#include <string>
#include <vector>

#include "connect.hpp"

namespace ipcutils::rpccall {

// Sends requests and waits for what the server answers, all before one deadline. A signal of the Interruption
// ends every wait by cli::Signalled.
class Client {
 public:
  enum class Trace { hidden, shown };  // each message, on standard error

  Client(ServerConnection server, const Deadline& deadline, Interruption& interruption, Trace trace)
      : m_process{std::move(server.process)},
        m_connection{std::move(server.connection)},
        m_deadline{deadline.interrupted_by(interruption)},
        m_interruption{interruption},
        m_trace{trace} {}

  void send(std::string message);

  // The next message; nothing when time is up. Errors: ECONNRESET, the server has ended the connection;
  // EMSGSIZE, EBADMSG, see RpcConnection::next().
  std::optional<std::string> receive();

  // Ends our way, and waits until the server has read everything, or until a program has ended. False when
  // time is up. Errors: ECONNRESET, the server has left without reading everything.
  bool deliver();

  // Descriptors that the server passes to us are kept from now on.
  void accept_passed() noexcept { m_connection->accept_passed(); }
  std::optional<FileDescriptor> take_passed() { return m_connection->take_passed(); }

  // Closes the connection. A program that was started for it has a second to end before SIGTERM.
  void close();

 private:
  bool step();
  bool step_and_discard();
  bool wait_for_end();
  bool wait_for_delivery();
  [[noreturn]] void fail_delivery() const;
  void show(char direction, const std::string& message) const;

  std::optional<cli::OwnedProcess> m_process;
  std::optional<RpcConnection> m_connection;  // until close()
  Deadline m_deadline;
  Interruption& m_interruption;
  Trace m_trace;
};

// The responses of a message; nothing when it is a request or notification of the server's own. Errors: those
// of parse_rpc_responses().
std::optional<std::vector<RpcResponse>> responses_in(const std::string& message);

}  // namespace ipcutils::rpccall
