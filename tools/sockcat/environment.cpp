#include "environment.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <ipcutils/quote.hpp>
#include <ipcutils/version.hpp>
#include <string>

namespace ipcutils::sockcat {

namespace {

void set(const std::string& name, const std::optional<std::string>& value) {
  if (value)
    ::setenv(name.c_str(), value->c_str(), 1);
  else
    ::unsetenv(name.c_str());
}

// Under the names of both tools.
void set_both(const char* name, const std::optional<std::string>& value) {
  set(fmt::format("SOCKCAT_{}", name), value);
  set(fmt::format("SOCAT_{}", name), value);
}

// IPv6 as socat writes it: [0000:0000:0000:0000:0000:0000:0000:0001].
std::string full_host(const SocketAddress& address) {
  const auto bytes = address.host_bytes();
  std::string groups;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    groups += fmt::format("{}{:02x}", i == 0 || i % 2 == 1 ? "" : ":", std::to_integer<unsigned>(bytes[i]));
  return fmt::format("[{}]", groups);
}

// Without the port.
std::optional<std::string> host_of(const SocketAddress& address) {
  if (address.family() == AF_UNSPEC) return std::nullopt;
  return address.is_internet() ? address.host() : escape(address.text());
}

void set_host(const char* name, const SocketAddress& address) {
  set_both(name, host_of(address));
  if (address.family() == AF_INET6) set(fmt::format("SOCAT_{}", name), full_host(address));
}

std::optional<std::string> port_of(const SocketAddress& address) {
  const auto port = address.port();
  return port ? std::optional{fmt::to_string(*port)} : std::nullopt;
}

}  // namespace

void export_connection(const Channel& channel) {
  set_host("PEERADDR", channel.peer);
  set_both("PEERPORT", port_of(channel.peer));
  set_host("SOCKADDR", channel.local);
  set_both("SOCKPORT", port_of(channel.local));
  const auto of_peer = [&](auto member) {
    return channel.credentials ? std::optional{fmt::to_string((*channel.credentials).*member)} : std::nullopt;
  };
  set_both("PEERUID", of_peer(&PeerCredentials::uid));
  set_both("PEERGID", of_peer(&PeerCredentials::gid));
  set_both("PEERPID", of_peer(&PeerCredentials::pid));
  set("SOCAT_PID", fmt::to_string(::getpid()));
  set("SOCAT_PPID", fmt::to_string(::getppid()));
  set("SOCAT_VERSION", IPCUTILS_VERSION);
}

}  // namespace ipcutils::sockcat
