#include "listening.hpp"

#include <fmt/format.h>
#include <sys/socket.h>

#include <ipcutils/quote.hpp>

#include "../cli/guarded_main.hpp"
#include "options.hpp"

namespace ipcutils::rpcserve {

namespace {

// Clients that wait until they are accepted; the kernel makes it net.core.somaxconn at most.
constexpr int backlog = 4096;

SocketAddress tcp_address(const rpc::Address& address) {
  if (address.name.empty()) return SocketAddress::loopback(AF_INET, address.port);
  return resolve(address.name, fmt::to_string(address.port), {.type = SOCK_STREAM}).at(0);
}

}  // namespace

Listening::Listening(const rpc::Address& address, bool everybody) : m_name{address.text()} {
  using enum rpc::Address::Family;
  switch (address.family) {
    case unix_path: {
      auto [listener, file] = listen_on_path(address.name, backlog, everybody ? 0666 : 0600);
      m_file = std::move(file);
      m_listener = std::move(listener);
      break;
    }
    case abstract:
      m_listener = listen_on(SocketAddress::abstract(address.name), backlog);
      break;
    case tcp:
      m_listener = listen_on(tcp_address(address), backlog, {.before_bind = [](int socket) {
                               set_socket_option(socket, SOL_SOCKET, SO_REUSEADDR, 1);
                             }});
      m_name = fmt::format("tcp:{}", m_listener->local_address().text());
      break;
    case inherited:
      set_at_exec(address.descriptor, AtExec::close);
      m_listener = Listener::on(FileDescriptor{address.descriptor}, backlog, m_name);
      break;
    case command:
    case stdio:
      throw Error::invalid(fmt::format("cannot listen at {}", quote(m_name)), "it is no socket");
  }
}

Listening::~Listening() {
  try {
    if (m_file) m_file->remove_if_same();
  } catch (const Error& error) {
    cli::report(tool, error);
  }
}

}  // namespace ipcutils::rpcserve
