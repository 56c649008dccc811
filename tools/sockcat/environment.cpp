#include "environment.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
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

void set_both(const char* name, const std::optional<std::string>& value) {
  set(fmt::format("SOCKCAT_{}", name), value);
  set(fmt::format("SOCAT_{}", name), value);
}

// Without the port.
std::optional<std::string> host_of(const SocketAddress& address) {
  if (address.family() == AF_UNSPEC) return std::nullopt;
  return address.is_internet() ? address.host() : address.text();
}

std::optional<std::string> port_of(const SocketAddress& address) {
  const auto port = address.port();
  return port ? std::optional{fmt::to_string(*port)} : std::nullopt;
}

}  // namespace

void export_connection(const Channel& channel) {
  set_both("PEERADDR", host_of(channel.peer));
  set_both("PEERPORT", port_of(channel.peer));
  set_both("SOCKADDR", host_of(channel.local));
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
