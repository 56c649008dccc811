#include "connect.hpp"

#include <fmt/format.h>
#include <sys/socket.h>

#include <ipcutils/command.hpp>
#include <ipcutils/datagram.hpp>
#include <ipcutils/error.hpp>
#include <ipcutils/pipe.hpp>
#include <ipcutils/quote.hpp>
#include <ipcutils/socket.hpp>
#include <vector>

#include "../cli/environment.hpp"
#include "../sockcat/lexer.hpp"

namespace ipcutils::rpccall {

namespace {

// Of this host, both versions of IP, since the server may have chosen either.
std::vector<SocketAddress> tcp_addresses(const rpc::Address& address) {
  if (address.name.empty())
    return {SocketAddress::loopback(AF_INET, address.port), SocketAddress::loopback(AF_INET6, address.port)};
  return resolve(address.name, std::to_string(address.port));
}

std::optional<FileDescriptor> connect_socket(const rpc::Address& address, const Deadline& deadline) {
  switch (address.family) {
    case rpc::Address::Family::abstract:
      return connect_to(SocketAddress::abstract(address.name), {}, deadline);
    case rpc::Address::Family::tcp:
      return connect_to_any(tcp_addresses(address), {}, deadline);
    default:
      return connect_to_path(address.name, {}, deadline);
  }
}

ServerConnection start(const rpc::Address& address, const ConnectOptions& options) {
  cli::Environment::current().require_process();
  Command command{sockcat::split_command(address.name)};
  auto to_it = make_pipe();
  auto from_it = make_pipe();
  cli::OwnedProcess process{command.start({.input = to_it.read_end.get(), .output = from_it.write_end.get()}),
                            command.name()};
  const auto name = fmt::format("command {}", quote(command.name()));
  Side side{byte_source(Descriptor::owned(std::move(from_it.read_end)), Medium::pipe, name),
            byte_sink(Descriptor::owned(std::move(to_it.write_end)), Medium::pipe, name), name};
  return {std::move(process), RpcConnection{std::move(side), options.framing, options.max_size}};
}

}  // namespace

void require_connectable(const rpc::Address& address) {
  const auto refuse = [&](const char* reason, const char* hint) {
    throw Error::invalid(fmt::format("invalid address {}", quote(address.text())), reason, hint);
  };
  if (address.family == rpc::Address::Family::stdio || address.family == rpc::Address::Family::inherited)
    refuse("a client needs a server", "exec:COMMAND starts one");
  if (address.family == rpc::Address::Family::tcp && address.port == 0)
    refuse("port 0 is for servers", "the port that the server got is in its --port-file");
}

std::optional<ServerConnection> connect(const rpc::Address& address, const ConnectOptions& options,
                                        Absent absent, const Deadline& deadline) {
  if (address.family == rpc::Address::Family::command) return start(address, options);
  auto socket = retry_until(deadline, absent == Absent::is_awaited ? Retry{} : Retry{.attempts = 1},
                            [&](const Deadline& until) { return connect_socket(address, until); });
  if (!socket) return std::nullopt;
  return ServerConnection{
      std::nullopt, RpcConnection{socket_side(Descriptor::owned(std::move(*socket)), quote(address.text())),
                                  options.framing, options.max_size}};
}

}  // namespace ipcutils::rpccall
